package sockets

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// The states a call can fail with beside those of package net: io.EOF,
// io.ErrUnexpectedEOF, net.ErrClosed and the system's error numbers. They come
// inside a *net.OpError; only the two of package io come bare.
var (
	// ErrTimeout tells that a call's timeout or deadline has passed. It is
	// also os.ErrDeadlineExceeded and syscall.ETIMEDOUT, and its Timeout
	// method returns true; when the deadline was a context's it is
	// context.DeadlineExceeded beside. When a timeout of TCP itself ends a
	// connection the error is syscall.ETIMEDOUT alone.
	ErrTimeout error = &timeoutError{}

	// ErrWouldBlock tells that a call that does not wait would have to. It is
	// also syscall.EAGAIN.
	ErrWouldBlock error = wouldBlockError{}

	// ErrInvalid tells that an argument is wrong, found before anything was
	// done. It is also syscall.EINVAL.
	ErrInvalid error = &argumentError{what: "invalid argument"}

	// ErrLimit tells that no delimiter came within the limit. The bytes stay
	// in the buffer.
	ErrLimit = errors.New("sockets: no delimiter within the limit")
)

// timeoutError is ErrTimeout, with what else there is to know, if anything.
type timeoutError struct {
	cause error
}

func (e *timeoutError) Error() string {
	if e.cause == nil || e.cause == context.DeadlineExceeded { //nolint:errorlint // for a short text
		return "i/o timeout"
	}
	return "i/o timeout: " + e.cause.Error()
}

func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }
func (e *timeoutError) Unwrap() error   { return e.cause }

func (e *timeoutError) Is(target error) bool {
	return target == ErrTimeout || target == os.ErrDeadlineExceeded || target == error(syscall.ETIMEDOUT)
}

type wouldBlockError struct{}

func (wouldBlockError) Error() string   { return "sockets: the call would have to wait" }
func (wouldBlockError) Timeout() bool   { return true }
func (wouldBlockError) Temporary() bool { return true }

func (wouldBlockError) Is(target error) bool { return target == error(syscall.EAGAIN) }

// argumentError is ErrInvalid with its reason.
type argumentError struct {
	what  string
	errno syscall.Errno // beside EINVAL; 0: none
	cause error
}

func invalid(what string) error { return &argumentError{what: what} }

func invalidAs(what string, errno syscall.Errno) error {
	return &argumentError{what: what, errno: errno}
}

func (e *argumentError) Error() string { return "sockets: " + e.what }
func (e *argumentError) Unwrap() error { return e.cause }

func (e *argumentError) Is(target error) bool {
	return target == ErrInvalid || target == error(syscall.EINVAL) || e.errno != 0 && target == error(e.errno)
}

// interruption is the end of a wait because a context is done. It takes
// nothing from the stream.
type interruption struct {
	err, cause error // of the context
}

func (e *interruption) Error() string {
	if e.cause != nil {
		return e.cause.Error()
	}
	return e.err.Error()
}

func (e *interruption) Unwrap() []error { return []error{e.err, e.cause} }

// interrupted returns why a wait with ctx, which is done, has ended.
func interrupted(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		if cause != err { //nolint:errorlint // the same value when there is no other cause
			err = errors.Join(err, cause)
		}
		return &timeoutError{err}
	}
	return &interruption{err, cause}
}

// systemError wraps an error number with the name of its system call.
func systemError(call string, err error) error {
	if errno, ok := err.(syscall.Errno); ok { //nolint:errorlint // as it comes from the kernel
		return os.NewSyscallError(call, errno)
	}
	return err
}

// opError gives err the form that package net's connections give it, and
// remembers it for LastError. nil and the errors of package io stay what they
// are.
func (s *Socket) opError(op string, err error) error {
	switch err { //nolint:errorlint // our own values, not wrapped yet
	case nil, io.EOF, io.ErrUnexpectedEOF:
		if s.last.Load() != nil {
			s.last.Store(nil)
		}
		return err
	case os.ErrDeadlineExceeded:
		err = ErrTimeout
	}
	e := s.ends.Load()
	failure := &net.OpError{Op: op, Net: s.kind.network(), Source: e.local, Addr: e.remote, Err: err}
	s.last.Store(failure)
	return failure
}

// LastError returns what the last call on the socket that has finished failed
// with: nil if it has not. The end of the stream is no failure. With several
// goroutines it is anybody's. Safe to call from any goroutine.
func (s *Socket) LastError() error {
	if e := s.last.Load(); e != nil {
		return e
	}
	return nil
}

// Errno returns the system's number of LastError, and 0 without one: a timeout
// is syscall.ETIMEDOUT, an invalid argument syscall.EINVAL, a closed socket
// syscall.EBADF. Safe to call from any goroutine.
func (s *Socket) Errno() syscall.Errno {
	err := s.LastError()
	var errno syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrTimeout):
		return syscall.ETIMEDOUT
	case errors.Is(err, ErrWouldBlock):
		return syscall.EAGAIN
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, net.ErrClosed):
		return syscall.EBADF
	case errors.Is(err, context.Canceled):
		return syscall.ECANCELED
	}
	var bad *argumentError
	if errors.As(err, &bad) && bad.errno != 0 {
		return bad.errno
	}
	return syscall.EINVAL
}

// terminal reports whether err, which is not nil, ends the stream, so that no
// later read would bring more.
func terminal(err error) bool {
	var i *interruption
	return !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrLimit) && !errors.Is(err, ErrWouldBlock) &&
		!errors.Is(err, os.ErrDeadlineExceeded) && !errors.As(err, &i)
}
