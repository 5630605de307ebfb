package sockets

import (
	"net"
	"strconv"
)

// LocalAddr returns the address of this end as package net gives it, such as
// *net.TCPAddr, also after Close. Safe to call from any goroutine.
func (s *Socket) LocalAddr() net.Addr { return s.ends.Load().local }

// RemoteAddr returns the address of the other end as package net gives it, and
// nil without one. Safe to call from any goroutine.
func (s *Socket) RemoteAddr() net.Addr { return s.ends.Load().remote }

// Name asks the system for the address of this end; see getsockname(2). Safe
// to call from any goroutine.
func (s *Socket) Name() (a Addr, err error) {
	err = s.do("name", "getsockname", func(fd int) (err error) {
		a, err = sysName(fd)
		return err
	})
	return a.of(s.kind), err
}

// Peer asks the system for the address of the other end; see getpeername(2).
// Without one the error is syscall.ENOTCONN. Safe to call from any goroutine.
func (s *Socket) Peer() (a Addr, err error) {
	err = s.do("peer", "getpeername", func(fd int) (err error) {
		a, err = sysPeer(fd)
		return err
	})
	return a.of(s.kind), err
}

// Family returns the address family of the socket. Safe to call from any
// goroutine.
func (s *Socket) Family() Family { return s.kind.family }

// Type returns the type of the socket. Safe to call from any goroutine.
func (s *Socket) Type() Type { return s.kind.typ }

// FD returns the number of the descriptor, or -1 when the socket is closed. It
// is for logs and for options that this package does not know: the socket
// keeps owning it. Safe to call from any goroutine.
func (s *Socket) FD() int {
	if s.closed.Load() {
		return -1
	}
	return s.fd
}

// String returns "fd 7, aka 127.0.0.1:3301, peer 127.0.0.1:51000". Safe to call
// from any goroutine.
func (s *Socket) String() string {
	text := "fd " + strconv.Itoa(s.FD())
	e := s.ends.Load()
	if e.local != nil {
		text += ", aka " + addrOf(e.local).String()
	}
	if e.remote != nil {
		text += ", peer " + addrOf(e.remote).String()
	}
	return text
}
