package iproto

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Error is an error that a server answered a request with, or is to answer with.
//
//	82  31 <message>  52 81 00 <array of frames, the newest first>
//
// errors.Is finds it by its Code and by the codes of its causes.
type Error struct {
	Code    Code
	Message string
	Stack   []ErrorFrame // the error itself, then its causes; may be empty
}

// ErrorFrame is one error of a stack.
//
//	86  00 <type>  02 <line>  01 <file>  03 <message>  04 <errno>  05 <code>
//	87  …  06 <fields>
type ErrorFrame struct {
	Type    string // e.g. "ClientError"
	File    string // where it was raised
	Line    uint64
	Message string
	Errno   uint64
	Code    Code
	Fields  msgp.Raw // payload, one encoded map; nil when absent
}

// maxStack bounds how many frames of a stack are read; real ones are a few frames deep.
const maxStack = 256

// NewError makes an error of the type ClientError as Tarantool 3 does: with one frame whose payload is the name of
// the code, if it has one, and the given names and values, which alternate.
func NewError(code Code, message string, fields ...string) *Error {
	name := code.Name()
	var raw msgp.Raw
	if name != "" {
		raw = msgp.AppendMapHeader(raw, 1+len(fields)/2)
		raw = msgp.AppendString(raw, "name")
		raw = msgp.AppendString(raw, name)
	} else if len(fields) > 1 {
		raw = msgp.AppendMapHeader(raw, len(fields)/2)
	}
	for i := 1; i < len(fields); i += 2 {
		raw = msgp.AppendString(raw, fields[i-1])
		raw = msgp.AppendString(raw, fields[i])
	}
	return &Error{Code: code, Message: message, Stack: []ErrorFrame{{
		Type: "ClientError", Message: message, Code: code, Fields: raw,
	}}}
}

// Error is the message with the code's name.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (%v)", e.Message, e.Code)
}

// Is tells whether target is the error's Code.
func (e *Error) Is(target error) bool {
	c, ok := target.(Code)
	return ok && c == e.Code
}

// Unwrap returns the cause as an *Error of its own, nil when there is none.
func (e *Error) Unwrap() error {
	if len(e.Stack) < 2 {
		return nil
	}
	cause := e.Stack[1]
	return &Error{Code: cause.Code, Message: cause.Message, Stack: e.Stack[1:]}
}

// Append appends the body. An empty stack is written as one frame of the type ClientError, because clients expect a
// frame.
func (e *Error) Append(dst []byte) []byte {
	stack := e.Stack
	if len(stack) == 0 {
		stack = []ErrorFrame{{Type: "ClientError", Message: e.Message, Code: e.Code}}
	}
	dst = append(dst, 0x82, byte(KeyError24))
	dst = msgp.AppendString(dst, e.Message)
	return AppendErrorStack(append(dst, byte(KeyError)), stack)
}

// AppendReply appends a whole error reply: a frame with header and body.
func (e *Error) AppendReply(dst []byte, sync, schemaVersion uint64) []byte {
	dst, mark := BeginFrame(dst)
	dst = AppendReplyHeader(dst, ErrorType(e.Code), sync, schemaVersion)
	return EndFrame(e.Append(dst), mark)
}
