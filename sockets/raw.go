package sockets

import (
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// SyscallConn returns the socket for those who make system calls of their own:
// messages with control data, what this package does not know. They go past
// the read buffer: what Buffered counts they do not see. The descriptor is
// non-blocking. Safe to call from any goroutine.
func (s *Socket) SyscallConn() (syscall.RawConn, error) { return rawConn{s}, nil }

type rawConn struct {
	s *Socket
}

// Control calls f with the descriptor, which stays open meanwhile. Safe to call
// from any goroutine.
func (c rawConn) Control(f func(fd uintptr)) error {
	return c.s.do("raw-control", "", func(fd int) error {
		f(uintptr(fd))
		return nil
	})
}

// Read calls f until it returns true, each time when there may be something to
// read, within the read deadline. Safe to call from any goroutine.
func (c rawConn) Read(f func(fd uintptr) (done bool)) error {
	lim := limit{timeout: Forever}
	if err := c.s.beginRead(&lim); err != nil {
		return c.s.opError("raw-read", err)
	}
	defer c.s.endRead()
	c.s.dry = false // f may leave something behind
	return c.s.opError("raw-read", c.s.repeat(reactor.Readable, &lim, f))
}

// Write calls f until it returns true, each time when there may be room to
// write, within the write deadline. Safe to call from any goroutine.
func (c rawConn) Write(f func(fd uintptr) (done bool)) error {
	lim := limit{timeout: Forever}
	if err := c.s.beginWrite(&lim); err != nil {
		return c.s.opError("raw-write", err)
	}
	defer c.s.endWrite()
	return c.s.opError("raw-write", c.s.repeat(reactor.Writable, &lim, f))
}

func (s *Socket) repeat(ev reactor.Events, lim *limit, f func(fd uintptr) bool) error {
	for {
		ticket := s.desc.Ticket()
		if f(uintptr(s.fd)) {
			return nil
		}
		if err := s.wait(ev, ticket, lim); err != nil {
			return err
		}
	}
}
