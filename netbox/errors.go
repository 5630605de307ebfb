package netbox

import (
	"errors"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// States a request may end in without an answer.
var (
	// ErrClosed: the connection was closed with Close.
	ErrClosed = errors.New("netbox: connection closed")

	// ErrTooMany: a million requests are waiting for their answers.
	ErrTooMany = errors.New("netbox: too many requests in flight")
)

// An Error is what the server answered instead of a result: code, message and
// stack. errors.Is finds it by its iproto.Code.
type Error = iproto.Error

// A ConnError tells that the connection broke or was closed before the answer
// came. Its blast radius is the connection: every request that was under way
// gets one.
type ConnError struct {
	Peer string // the address of the server
	// Sent tells whether any byte of the request had left: if so, the server
	// may have executed it.
	Sent bool
	Err  error // why: ErrClosed, io.EOF, a system call's error, a *FrameError
}

// Error tells the peer, the reason and whether the request had been sent.
func (e *ConnError) Error() string {
	state := "request not sent"
	if e.Sent {
		state = "request sent, no answer"
	}
	return fmt.Sprintf("netbox: %s: %v (%s)", e.Peer, e.Err, state)
}

// Unwrap returns the reason.
func (e *ConnError) Unwrap() error { return e.Err }

// Is makes the error equal to iproto.CodeNoConnection, the code net.box gives
// it.
func (e *ConnError) Is(target error) bool { return target == error(iproto.CodeNoConnection) }

// SafeToRetry reports whether the request that failed with err has certainly
// not been executed.
func SafeToRetry(err error) bool {
	var c *ConnError
	if errors.As(err, &c) {
		return !c.Sent
	}
	return errors.Is(err, ErrTooMany) || errors.Is(err, errEncode)
}

// errEncode marks a request that could not be encoded.
var errEncode = errors.New("netbox: can not encode the arguments")

// A FrameError tells that the server sent what is no frame of the protocol.
// It ends the connection.
type FrameError struct {
	Offset uint64 // of the frame, in bytes from the beginning of the stream
	Err    error  // what was wrong: of package iproto or msgp
}

// Error tells the offset and the reason.
func (e *FrameError) Error() string {
	return fmt.Sprintf("bad frame at offset %d: %v", e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *FrameError) Unwrap() error { return e.Err }
