package ext

import (
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// An error that travels as a value is its stack, the newest first, as in the answer to a request that failed:
//
//	c7 <size> 03  81 00 <array of frames>

// AppendError appends e as an extension of type 3. Without a stack it is one frame of the type ClientError.
func AppendError(dst []byte, e *iproto.Error) []byte {
	payload, _ := appendError(nil, e)
	return append(msgp.AppendExtHeader(dst, TypeError, len(payload)), payload...)
}

func appendError(dst []byte, e *iproto.Error) ([]byte, error) {
	stack := e.Stack
	if len(stack) == 0 {
		stack = []iproto.ErrorFrame{{Type: "ClientError", Message: e.Message, Code: e.Code}}
	}
	return iproto.AppendErrorStack(dst, stack), nil
}

// ReadError reads the error at the front of b, an extension of type 3; n is its size. Code and message are those of
// the newest frame. The error is one of msgp, or an *Error for a payload that is no stack, or an empty one.
func ReadError(b []byte) (e *iproto.Error, n int, err error) { return read(b, TypeError, parseError) }

func parseError(payload []byte) (*iproto.Error, error) {
	stack, ok := iproto.ParseErrorStack(payload)
	if !ok || len(stack) == 0 {
		return nil, refuse(TypeError, "not a stack of errors")
	}
	return &iproto.Error{Code: stack[0].Code, Message: stack[0].Message, Stack: stack}, nil
}
