package iproto

import (
	"errors"
	"fmt"

	"github.com/kharon-net/kharon/codec/msgp"
)

// PacketError tells why a packet was refused. Its blast radius is the one request, except for the length of a frame
// (ErrFrameLength), after which the stream cannot be followed.
type PacketError struct {
	Code   Code   // CodeInvalidMsgPack, CodeMissingRequestField, CodeIllegalParams or CodeInvalidAuthRequest
	Detail string // what was invalid, in Tarantool's words, e.g. "packet body"; the name of what is missing
	Offset int    // of the fault, in the slice given to the parse function
	Err    error  // the reason, if there is more to say
}

// What Tarantool calls the parts of a packet it finds invalid.
const (
	detailLength      = "packet length"
	detailHeader      = "packet header"
	detailBody        = "packet body"
	detailRequestBody = "request body"
	detailNoBody      = "missing request body"
)

// Reasons in a PacketError, besides those of msgp.
var (
	// ErrJunk: bytes after the end of the body.
	ErrJunk = errors.New("junk after input")
	// ErrNotMap: a header or body that is no map.
	ErrNotMap = errors.New("not a map")
	// ErrKey: a key of a map that is no unsigned integer.
	ErrKey = errors.New("key is no unsigned integer")
	// ErrType: the value of a known key has the wrong type.
	ErrType = errors.New("value has the wrong type")
)

// Error is Message with the reason and the offset.
func (e *PacketError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("iproto: %s (at offset %d)", e.Message(), e.Offset)
	}
	return fmt.Sprintf("iproto: %s: %v (at offset %d)", e.Message(), e.Err, e.Offset)
}

// Unwrap returns the reason.
func (e *PacketError) Unwrap() error { return e.Err }

// Is makes the error equal to its Code.
func (e *PacketError) Is(target error) bool { return target == error(e.Code) }

// Message is the text that Tarantool answers with.
func (e *PacketError) Message() string {
	switch e.Code {
	case CodeMissingRequestField:
		return "Missing mandatory field '" + e.Detail + "' in request"
	case CodeInvalidMsgPack:
		return "Invalid MsgPack - " + e.Detail
	}
	return e.Detail
}

// Reply is what a server answers: the error with the payload that Tarantool gives it, and a cause when the bytes
// themselves were at fault.
func (e *PacketError) Reply() *Error {
	switch e.Code {
	case CodeMissingRequestField:
		return NewError(e.Code, e.Message(), "value", e.Detail)
	case CodeIllegalParams:
		frame := ErrorFrame{Type: "IllegalParams", Message: e.Detail, Code: e.Code}
		return &Error{Code: e.Code, Message: e.Detail, Stack: []ErrorFrame{frame}}
	case CodeInvalidAuthRequest:
		return NewError(e.Code, e.Detail)
	}
	reply := invalidMsgPack(e.Detail)
	if cause := msgPackCause(e.Err); cause != "" {
		reply.Stack = append(reply.Stack, invalidMsgPack(cause).Stack...)
	}
	return reply
}

// msgPackCause is Tarantool's wording of a fault in the bytes.
func msgPackCause(err error) string {
	switch {
	case errors.Is(err, ErrJunk):
		return "junk after input"
	case errors.Is(err, msgp.ErrTruncated):
		return "truncated input"
	case errors.Is(err, msgp.ErrInvalid):
		return "illegal code"
	}
	return ""
}

func invalidMsgPack(detail string) *Error {
	return NewError(CodeInvalidMsgPack, "Invalid MsgPack - "+detail, "details", detail)
}

// ReplyTo is the answer to a request that a parse function of this package refused with err; nil when err is none of
// its errors.
func ReplyTo(err error) *Error {
	var r interface{ Reply() *Error }
	if errors.As(err, &r) {
		return r.Reply()
	}
	return nil
}

func badHeader(offset int, reason error) error {
	return &PacketError{Code: CodeInvalidMsgPack, Detail: detailHeader, Offset: offset, Err: reason}
}

func badBody(detail string, offset int, reason error) error {
	return &PacketError{Code: CodeInvalidMsgPack, Detail: detail, Offset: offset, Err: reason}
}

func illegalParams(message string, offset int) error {
	return &PacketError{Code: CodeIllegalParams, Detail: message, Offset: offset}
}

func missingField(k Key, offset int) error {
	return &PacketError{Code: CodeMissingRequestField, Detail: k.String(), Offset: offset}
}
