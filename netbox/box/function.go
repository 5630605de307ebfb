package box

import (
	"context"
	"fmt"
	"maps"

	"github.com/kharon-net/kharon/codec/iproto"
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

// Values are several results of one call. An error among them travels as a
// value: as such to a client that has announced that it can take it, and as
// its text to others.
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

	// SlowReader is what its pushes do when the client does not read. 0 means
	// Config.SlowReader.
	SlowReader SlowReader
}

// An action answers a request: it appends the whole frame to dst. On error dst
// is returned as it was.
type action func(r *Request, dst []byte) ([]byte, error)

// A function is what answers requests: those of a name, or of a type.
type function struct {
	name  string
	act   action
	mode  Mode
	f     Func       // of calls
	slow  SlowReader // 0: that of Config
	space *Space     // of requests for tuples
	index *Index     // of index:count()
}

// unknown is what is called when there is no function of the name, nor a
// Fallback.
var unknown = &function{act: callFunction, mode: Inline, f: func(_ context.Context, req *Request) (any, error) {
	name := req.Function()
	return nil, iproto.NewError(iproto.CodeNoSuchProc, fmt.Sprintf("Procedure '%s' is not defined", name), "func", name)
}}

// functions is what a server can do. It is not changed once published.
type functions struct {
	byName   map[string]*function
	fallback *function // for the names that are not there; a copy has the name
	eval     Eval

	onConnect    []func(context.Context, Session) error
	onDisconnect []func(Session)
	onAuth       []func(ctx context.Context, s Session, user string, ok bool) error
}

// Func makes f answer calls of name, which may have dots and a colon. A name
// given again replaces the function. Safe to call from any goroutine, also
// while the server runs.
func (s *Server) Func(name string, f Func) { s.FuncWith(FuncOptions{}, name, f) }

// FuncWith is Func with options. Safe to call from any goroutine, also while
// the server runs.
func (s *Server) FuncWith(o FuncOptions, name string, f Func) {
	fn := s.function(o, name, f)
	s.change(func(fs *functions) { fs.byName[name] = fn })
}

// Fallback makes f answer calls of every name that has no function:
// Request.Function tells which. Safe to call from any goroutine, also while
// the server runs.
func (s *Server) Fallback(o FuncOptions, f Func) {
	fn := s.function(o, "", f)
	s.change(func(fs *functions) { fs.fallback = fn })
}

// Eval makes f answer EVAL requests, which are an error without it: there is
// no Lua here. Safe to call from any goroutine, also while the server runs.
func (s *Server) Eval(f Eval) { s.change(func(fs *functions) { fs.eval = f }) }

func (s *Server) function(o FuncOptions, name string, f Func) *function {
	setDefault(&o.Mode, s.cfg.Mode)
	return &function{name: name, act: callFunction, f: f, mode: o.Mode, slow: o.SlowReader}
}

func (s *Server) change(edit func(*functions)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.funcs.Load()
	next := *old
	next.byName = maps.Clone(old.byName)
	edit(&next)
	s.funcs.Store(&next)
}
