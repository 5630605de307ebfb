package luasocket

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/kharon-net/kharon/sockets"
)

// An Error is what Lua is told of a failure by a text.
type Error struct {
	text string
	err  error
}

// Error returns the text, such as "timeout", "closed" or "connection refused".
// Safe to call from any goroutine.
func (e *Error) Error() string { return e.text }

// Unwrap returns the error of package sockets, or of the resolver. Safe to call
// from any goroutine.
func (e *Error) Unwrap() error { return e.err }

// fail gives err the form for this object.
func (c *TCP) fail(err error) error { return describe(err, c.tarantool.Load()) }

// describe puts err into the words of LuaSocket, or of Tarantool's layer.
func describe(err error, tarantool bool) error {
	if err == nil || errors.Is(err, sockets.ErrInvalid) {
		return err
	}
	return &Error{textOf(err, tarantool), err}
}

func textOf(err error, tarantool bool) string {
	var errno syscall.Errno
	var dns *net.DNSError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "closed"
	case errors.Is(err, sockets.ErrTimeout) && tarantool:
		return "Connection timed out"
	case errors.Is(err, sockets.ErrTimeout):
		return "timeout"
	case errors.As(err, &dns):
		return "host or service not provided, or not known"
	case !errors.As(err, &errno):
		return err.Error()
	case tarantool:
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	case errno == syscall.EPIPE || errno == syscall.ECONNRESET:
		return "closed"
	}
	return errno.Error()
}
