package box

import (
	"errors"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// Errorf makes an error that a client sees with this code, as box.error in Lua
// does. Codes are those of Tarantool (iproto.CodeNoSuchUser and so on) or your
// own.
func Errorf(code iproto.Code, format string, args ...any) error {
	return iproto.NewError(code, fmt.Sprintf(format, args...))
}

// replyTo turns what a handler failed with into the error the client gets: an
// *iproto.Error as it is, and any other with code 32. The errors it wraps
// become the causes on the stack.
func replyTo(err error, function string) *iproto.Error {
	var known *iproto.Error
	if errors.As(err, &known) {
		return known
	}
	reply := &iproto.Error{Code: iproto.CodeProcLua, Message: err.Error()}
	for e := err; e != nil && len(reply.Stack) < 16; e = errors.Unwrap(e) {
		reply.Stack = append(reply.Stack, iproto.ErrorFrame{
			Type: "ClientError", File: function, Message: e.Error(), Code: iproto.CodeProcLua})
	}
	return reply
}
