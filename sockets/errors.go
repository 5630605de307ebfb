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
	// method returns true. When a timeout of TCP itself ends a connection the
	// error is syscall.ETIMEDOUT alone.
	ErrTimeout error = &timeoutError{}

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

// argumentError is ErrInvalid with its reason.
type argumentError struct {
	what string
}

func invalid(what string) error { return &argumentError{what} }

func (e *argumentError) Error() string { return "sockets: " + e.what }

func (e *argumentError) Is(target error) bool {
	return target == ErrInvalid || target == error(syscall.EINVAL)
}

// systemError wraps an error number with the name of its system call.
func systemError(call string, err error) error {
	if errno, ok := err.(syscall.Errno); ok { //nolint:errorlint // as it comes from the kernel
		return os.NewSyscallError(call, errno)
	}
	return err
}

// opError gives err the form that package net's connections give it. nil and
// the errors of package io stay what they are.
func (s *Socket) opError(op string, err error) error {
	switch err { //nolint:errorlint // our own values, not wrapped yet
	case nil, io.EOF, io.ErrUnexpectedEOF:
		return err
	case os.ErrDeadlineExceeded:
		err = ErrTimeout
	}
	return &net.OpError{Op: op, Net: s.network, Source: s.local, Addr: s.remote, Err: err}
}

// terminal reports whether err, which is not nil, ends the stream, so that no
// later read would bring more.
func terminal(err error) bool {
	return !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrLimit) &&
		!errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.Canceled)
}
