package sockets

import (
	"context"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A Listener accepts connections. It is a net.Listener, and what Server.Serve
// takes. Any number of goroutines and fibers may accept from one.
type Listener struct {
	// immutable
	s    *Socket
	r    *reactor.Reactor
	path os.FileInfo // the file to remove at the end; nil: none
	name string      // its path
}

var (
	_ net.Listener = (*Listener)(nil)
	_ syscall.Conn = (*Listener)(nil)
)

// Accept waits for a connection. It makes the Listener a net.Listener: the
// connection is a *Socket. Safe to call from any goroutine.
func (ln *Listener) Accept() (net.Conn, error) {
	s, _, err := ln.AcceptSocket(Forever)
	if err != nil {
		return nil, err // not s: a nil *Socket is a net.Conn
	}
	return s, nil
}

// AcceptSocket is Accept within a timeout; from is the peer. A socket that a
// fiber's listener accepts is the fiber's. Safe to call from any goroutine.
func (ln *Listener) AcceptSocket(timeout time.Duration) (conn *Socket, from Addr, err error) {
	conn, from, err = ln.accept(&limit{timeout: timeout})
	return conn, from, ln.s.opError("accept", err)
}

func (ln *Listener) accept(lim *limit) (*Socket, Addr, error) {
	fd, from, err := ln.s.acceptFD(lim)
	if err != nil {
		return nil, Addr{}, err
	}
	l := ln.s.desc.Loop()
	if ln.s.fiber == nil {
		l = ln.r.Next()
	}
	conn, err := ln.s.accepted(l, fd, from)
	if err != nil {
		return nil, Addr{}, err
	}
	return conn.child(ln.s), from, nil
}

// Addr returns the address that is listened on as package net has it, with the
// port the system chose when 0 was asked for. Safe to call from any goroutine.
func (ln *Listener) Addr() net.Addr { return ln.s.LocalAddr() }

// Socket returns the socket that listens, for its options. Safe to call from
// any goroutine.
func (ln *Listener) Socket() *Socket { return ln.s }

// SetDeadline sets the time at which Accept fails; the zero time is none. Safe
// to call from any goroutine.
func (ln *Listener) SetDeadline(t time.Time) error { return ln.s.SetReadDeadline(t) }

// SyscallConn returns the socket that listens for those who make system calls
// of their own. Safe to call from any goroutine.
func (ln *Listener) SyscallConn() (syscall.RawConn, error) { return ln.s.SyscallConn() }

// Close stops accepting; connections that were accepted go on. The path of a
// unix socket is removed first, if it is still this listener's. When Close
// returns the address is free again. Again is net.ErrClosed. Safe to call from
// any goroutine but a loop's, and from the fiber that has made the Listener.
func (ln *Listener) Close() error { return ln.close(ln.s.where()) }

// close is Close for who waits with ctx.
func (ln *Listener) close(ctx context.Context) error {
	if ln.s.closed.Swap(true) {
		return ln.s.opError("close", net.ErrClosed)
	}
	ln.unlink()
	fd, err := ln.s.desc.Release(ctx)
	if err == nil {
		err = systemError("close", sysClose(fd))
	}
	return ln.s.opError("close", err)
}
