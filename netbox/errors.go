package netbox

import (
	"errors"
	"fmt"
	"io"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A text is an error in the words of net.box.
type text string

func (t text) Error() string { return string(t) }

// States a request may end in without an answer.
var (
	// ErrClosed: the connection was closed with Close.
	ErrClosed error = text("Connection closed")

	// ErrTooMany: a million requests are waiting for their answers.
	ErrTooMany = errors.New("netbox: too many requests in flight")

	// ErrQueueFull: more output is queued than Options.MaxQueued, because the
	// server does not read, and the request was not to wait.
	ErrQueueFull = errors.New("netbox: output queue full")

	// ErrNotReady: the answer of a Future is not there yet.
	ErrNotReady error = text("Response is not ready")

	// ErrDiscarded: the answer of a Future is not wanted.
	ErrDiscarded error = text("Response is discarded")

	// ErrNotSent is what errors.Is finds in the error of a request of which no
	// byte has left.
	ErrNotSent = errors.New("netbox: request not sent")

	// ErrMaybeExecuted is what errors.Is finds in the error of a request that
	// had left, at least in part, when the connection broke.
	ErrMaybeExecuted = errors.New("netbox: request may have been executed")
)

// errClosing is ErrClosed while the last output leaves.
var errClosing error = &wrapped{"Connection is closing", ErrClosed}

// errPeerClosed is io.EOF in the words of net.box.
var errPeerClosed error = &wrapped{"Peer closed", io.EOF}

// A wrapped is an error with words of its own.
type wrapped struct {
	words string
	err   error
}

func (w *wrapped) Error() string { return w.words }
func (w *wrapped) Unwrap() error { return w.err }

// An Error is what the server answered instead of a result: code, message and
// stack. errors.As finds it in the *RequestError, and errors.Is by its iproto.Code.
type Error = iproto.Error

// A ConnError tells that there was no connection, or that it broke or was closed
// before the answer came. Its blast radius is the connection: every request
// that was under way gets one.
type ConnError struct {
	Peer string // the address of the server
	// Sent tells whether any byte of the request had left: if so, the server
	// may have executed it.
	Sent bool
	Err  error // why: ErrClosed, a *NotEstablishedError, io.EOF, a system call's error, a *FrameError
}

// Error tells the peer, the reason and whether the request had been sent.
func (e *ConnError) Error() string { return "netbox: " + e.Peer + ": " + e.reason() }

// reason is Error without the peer.
func (e *ConnError) reason() string {
	if e.Sent {
		return fmt.Sprintf("%v (request sent, no answer)", e.Err)
	}
	return fmt.Sprintf("%v (request not sent)", e.Err)
}

// Unwrap returns the reason.
func (e *ConnError) Unwrap() error { return e.Err }

// Is makes the error equal to iproto.CodeNoConnection, the code net.box gives
// it, and to ErrNotSent or ErrMaybeExecuted.
func (e *ConnError) Is(target error) bool {
	switch target {
	case ErrNotSent:
		return !e.Sent
	case ErrMaybeExecuted:
		return e.Sent
	}
	return target == error(iproto.CodeNoConnection)
}

// A NotEstablishedError tells that the connection was in a state in which no request is
// sent.
type NotEstablishedError struct{ State State }

// Error has the words of net.box.
func (e *NotEstablishedError) Error() string {
	return fmt.Sprintf("Connection is not established, state is %q", e.State.String())
}

// SafeToRetry reports whether the request that failed with err has certainly
// not been executed.
func SafeToRetry(err error) bool {
	return errors.Is(err, ErrNotSent) || errors.Is(err, ErrTooMany) || errors.Is(err, ErrQueueFull) ||
		errors.Is(err, errEncode)
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
