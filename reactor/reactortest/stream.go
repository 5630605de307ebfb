//go:build unix

package reactortest

import (
	"io"
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// A Stream is the test's end of a connection whose other end is a [reactor.Conn] of a [Loop]: a socketpair. Its methods
// wait for nothing but the loop, which they let run where they say so. They must be called on the test's goroutine.
type Stream struct {
	// Conn is the loop's end.
	Conn *reactor.Conn

	loop *Loop
	fd   int // -1: closed
	got  []byte
	end  error // what reading has ended with; nil: it has not
}

// Connect makes a connection on the loop, whose handler newHandler returns, and lets the loop open it. The Stream is
// closed with the test.
//
// Must be called on the test's goroutine.
func (l *Loop) Connect(newHandler func(c *reactor.Conn) reactor.Handler) *Stream {
	l.t.Helper()
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		l.t.Fatal("reactortest: socketpair: ", err)
	}
	_ = syscall.SetNonblock(fds[0], true)
	_ = syscall.SetNonblock(fds[1], true)
	s := &Stream{loop: l, fd: fds[0]}
	l.t.Cleanup(s.Close)
	if s.Conn, err = l.Loop().Adopt(fds[1], newHandler); err != nil {
		_ = syscall.Close(fds[1])
		l.t.Fatal(err)
	}
	l.RunUntilIdle()
	return s
}

// Write sends p. The loop runs only when the kernel holds no more, until all of p is sent. The error is that of
// write(2), such as EPIPE when the loop's end is closed, or [io.ErrShortWrite] when the loop, idle, does not read; n
// tells how much was sent.
func (s *Stream) Write(p []byte) (n int, err error) {
	for n < len(p) {
		k, err := syscall.Write(s.fd, p[n:])
		switch {
		case k > 0:
			n += k
		case err == syscall.EINTR:
		case err != syscall.EAGAIN:
			return n, err
		case !s.loop.Step():
			return n, io.ErrShortWrite
		}
	}
	return n, nil
}

// CloseWrite tells the loop's end that nothing more will be sent.
func (s *Stream) CloseWrite() { _ = syscall.Shutdown(s.fd, syscall.SHUT_WR) }

// Close closes this end, at once. What was received before stays. Closing twice does nothing.
func (s *Stream) Close() {
	if s.fd >= 0 {
		s.read()
		_ = syscall.Close(s.fd)
		s.fd = -1
	}
}

// Received returns all that has arrived since the connection was made. It does not run the loop. The bytes are the
// Stream's: they are not to be written to.
func (s *Stream) Received() []byte {
	s.read()
	return s.got[:len(s.got):len(s.got)]
}

// Next returns what has arrived since the last Next. It does not run the loop. The bytes are the caller's.
func (s *Stream) Next() []byte {
	s.read()
	p := s.got
	s.got = nil
	return p
}

// Ended reports what the connection has ended with, as far as has arrived: [io.EOF] when the loop's end was closed, the
// error of read(2) such as ECONNRESET, and nil while it is open.
func (s *Stream) Ended() error {
	s.read()
	return s.end
}

// read takes what the kernel has.
func (s *Stream) read() {
	var buf [64 << 10]byte
	for s.end == nil && s.fd >= 0 {
		n, err := syscall.Read(s.fd, buf[:])
		switch {
		case n > 0:
			s.got = append(s.got, buf[:n]...)
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return
		case err != nil:
			s.end = err
		default:
			s.end = io.EOF
		}
	}
}

// finish lets the loop run, and takes what it sends, until its end is closed. It reports whether that came about before
// the loop was idle.
func (s *Stream) finish() bool {
	for {
		before := len(s.got)
		s.loop.RunUntilIdle()
		if s.Ended() != nil {
			s.loop.RunUntilIdle()
			return true
		}
		if len(s.got) == before {
			return false
		}
	}
}
