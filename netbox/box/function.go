package box

import (
	"context"

	"github.com/kharon-net/kharon/codec/msgp"
)

// A Func answers a call. What it returns becomes the results of the call: nil
// is no result, Values are several, *Args its own arguments as they came, and
// anything else is one. An error is answered with its code, message and
// causes if it is an *iproto.Error (see Errorf), and otherwise with the code
// of an error in a procedure, 32, and its text. A panic is such an error, too.
//
// ctx is done when the session ends or the server closes.
type Func func(ctx context.Context, req *Request) (any, error)

// An Eval answers an EVAL request with the expression expr. Otherwise it is a
// Func.
type Eval func(ctx context.Context, expr string, req *Request) (any, error)

// Values are several results of one call.
type Values []any

// Args are the arguments of a request. They are a view of its bytes, valid
// until the handler returns.
type Args = msgp.Array

// A Mode is how handlers run.
type Mode int

const (
	// Goroutine runs a handler on a goroutine of the server's pool. It may
	// block. This is the default.
	Goroutine Mode = iota + 1

	// Fiber runs a handler as a fiber on the loop of its connection. It may
	// wait in calls of this module that take its context, and goes on where
	// it was; it must not block otherwise. See reactor.Fiber.
	Fiber

	// Inline runs a handler on the loop of its connection, between reading
	// the request and writing the answer. It must not block, and gives the
	// highest rate.
	Inline
)

// String returns "goroutine", "fiber" or "inline".
func (m Mode) String() string {
	switch m {
	case Goroutine:
		return "goroutine"
	case Fiber:
		return "fiber"
	case Inline:
		return "inline"
	}
	return "default"
}

// FuncOptions are the options of a function. The zero value works.
type FuncOptions struct {
	// Mode is how the function runs. 0 means Config.Mode.
	Mode Mode
}

type function struct {
	name string
	f    Func
	mode Mode
}
