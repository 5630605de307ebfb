package sockets

import (
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A Socket is one end of a connection, for code that reads and writes and
// waits where it must. It is a net.Conn, and has calls that net.Conn has not:
// reading to a delimiter or a count, each with a timeout.
//
// Any number of goroutines may use a Socket. Reads take turns, and so do
// writes: the bytes of one call are not mixed with those of another. Waiting
// for the turn counts against the call's timeout. Close wakes everybody.
//
// # Timeouts
//
// A timeout is the total time a call may take. Forever is none, and 0 or less
// is one attempt that does not wait, so that what is already there is had. A
// deadline set by SetDeadline and its relatives holds beside it: whichever is
// earlier counts, and once a deadline has passed every call fails, as in
// package net.
//
// # Bytes
//
// No byte is lost. A call that fails without ending the stream (a timeout, a
// limit) takes nothing: the bytes stay, and Buffered tells how many there are.
// A call that fails because the stream has ended hands over the rest together
// with the error, once: with io.ErrUnexpectedEOF when the peer has finished
// sending, with the system's error when the connection broke.
//
// # Errors
//
// They are *net.OpError with one of these inside, for errors.Is: ErrTimeout,
// ErrInvalid, ErrLimit, net.ErrClosed, a system error number. The end of the
// stream is io.EOF or io.ErrUnexpectedEOF, bare.
type Socket struct {
	// immutable
	desc    *reactor.Desc // nil: lent, a socket that is only prepared
	fd      int
	network string
	local   net.Addr
	remote  net.Addr
	stream  bool // a TCP stream: a short read tells that there is no more

	// atomics
	closed  atomic.Bool
	maxLine atomic.Int64
	held    atomic.Int64 // in.len(), for those who have not the turn

	reads  turn
	writes turn

	// guarded by reads
	in      buffer
	dry     bool           // the kernel had no more to read at the moment
	dryAt   reactor.Ticket // of this ticket
	scanned int            // that many bytes hold no end of one of
	sought  []string       // these delimiters
}

var _ net.Conn = (*Socket)(nil)

func newSocket(desc *reactor.Desc, fd int, remote net.Addr) *Socket {
	s := &Socket{desc: desc, fd: fd, remote: remote, local: sysName(fd),
		reads: newTurn(), writes: newTurn(), network: "tcp"}
	s.maxLine.Store(DefaultMaxLine)
	if remote != nil {
		s.network = remote.Network()
	}
	s.stream = s.network == "tcp"
	return s
}

// enter keeps the descriptor open until leave.
func (s *Socket) enter() error {
	if s.desc != nil {
		return s.desc.Use()
	}
	if s.closed.Load() {
		return net.ErrClosed
	}
	return nil
}

func (s *Socket) leave() {
	if s.desc != nil {
		s.desc.Done()
	}
}

// do calls f while the descriptor can not be closed.
func (s *Socket) do(op, call string, f func(fd int) error) error {
	err := s.enter()
	if err == nil {
		err = systemError(call, f(s.fd))
		s.leave()
	}
	return s.opError(op, err)
}

// Close closes the socket. Whoever waits on it gets net.ErrClosed, and so does
// every later call, Close among them. What was written before goes on to the
// peer. Safe to call from any goroutine.
func (s *Socket) Close() error {
	if s.closed.Swap(true) {
		return s.opError("close", net.ErrClosed)
	}
	if s.desc == nil {
		return nil
	}
	return s.opError("close", s.desc.Close())
}

// How is an end of a connection to shut down, or both.
type How int

// The ends.
const (
	ShutRead How = iota
	ShutWrite
	ShutBoth
)

// Shutdown ends one direction of the connection, or both; see shutdown(2).
// After ShutWrite the peer reads to the end, and may still answer. After
// ShutRead our reads find the end. The descriptor stays open until Close.
// Another how is ErrInvalid. Safe to call from any goroutine.
func (s *Socket) Shutdown(how How) error {
	if how < ShutRead || how > ShutBoth {
		return s.opError("shutdown", invalid("unknown end to shut down"))
	}
	return s.do("shutdown", "shutdown", func(fd int) error { return sysShutdown(fd, how) })
}

// CloseRead is Shutdown(ShutRead). Safe to call from any goroutine.
func (s *Socket) CloseRead() error { return s.Shutdown(ShutRead) }

// CloseWrite is Shutdown(ShutWrite). Safe to call from any goroutine.
func (s *Socket) CloseWrite() error { return s.Shutdown(ShutWrite) }

// SetDeadline sets the deadline of reads and writes, of those that wait as of
// those to come. The zero time is none. Safe to call from any goroutine.
func (s *Socket) SetDeadline(t time.Time) error {
	return s.setDeadline(reactor.Readable|reactor.Writable, t)
}

// SetReadDeadline is SetDeadline for reads alone. Safe to call from any
// goroutine.
func (s *Socket) SetReadDeadline(t time.Time) error { return s.setDeadline(reactor.Readable, t) }

// SetWriteDeadline is SetDeadline for writes alone. Safe to call from any
// goroutine.
func (s *Socket) SetWriteDeadline(t time.Time) error { return s.setDeadline(reactor.Writable, t) }

func (s *Socket) setDeadline(ev reactor.Events, t time.Time) error {
	if s.desc == nil {
		return s.opError("set", net.ErrClosed)
	}
	return s.opError("set", s.desc.SetDeadline(ev, t))
}

// LocalAddr returns the address of this end as package net gives it, such as
// *net.TCPAddr, also after Close. Safe to call from any goroutine.
func (s *Socket) LocalAddr() net.Addr { return s.local }

// RemoteAddr returns the address of the other end as package net gives it.
// Safe to call from any goroutine.
func (s *Socket) RemoteAddr() net.Addr { return s.remote }

// Name asks the system for the address of this end; see getsockname(2). Safe
// to call from any goroutine.
func (s *Socket) Name() (a Addr, err error) {
	err = s.do("name", "getsockname", func(fd int) error {
		a = addrOf(sysName(fd))
		return nil
	})
	return a, err
}

// Peer asks the system for the address of the other end; see getpeername(2).
// Without one the error is syscall.ENOTCONN. Safe to call from any goroutine.
func (s *Socket) Peer() (a Addr, err error) {
	err = s.do("peer", "getpeername", func(fd int) error {
		addr, err := sysPeer(fd)
		a = addrOf(addr)
		return err
	})
	return a, err
}

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
	if s.local != nil {
		text += ", aka " + addrOf(s.local).String()
	}
	if s.remote != nil {
		text += ", peer " + addrOf(s.remote).String()
	}
	return text
}
