package sockets

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A Socket is a socket for code that calls and waits where it must: one end of
// a connection, one that listens, or one for datagrams. It is a net.Conn, and
// has calls that net.Conn has not: reading to a delimiter or a count, each with
// a timeout.
//
// Any number of goroutines may use a Socket, also one that belongs to a fiber,
// whether that runs or not. Reads take turns, and so do writes: the bytes of
// one call are not mixed with those of another. Waiting for the turn counts
// against the call's timeout. Waits for readiness are shared. Close wakes
// everybody.
//
// # Timeouts
//
// A timeout is the total time a call may take. Forever is none, and 0 or less
// is one attempt that does not wait, so that what is already there is had. A
// deadline set by SetDeadline and its relatives holds beside it: whichever is
// earlier counts, and once a deadline has passed every call fails, as in
// package net. WithContext adds the end of a context.
//
// # Bytes
//
// No byte is lost. A call that fails without ending the stream (a timeout, a
// limit, a context) takes nothing: the bytes stay, and Buffered tells how many
// there are. A call that fails because the stream has ended hands over the
// rest together with the error, once: with io.ErrUnexpectedEOF when the peer
// has finished sending, with the system's error when the connection broke.
//
// # Errors
//
// They are *net.OpError with one of these inside, for errors.Is: ErrTimeout,
// ErrWouldBlock, ErrInvalid, ErrLimit, net.ErrClosed, context.Canceled, a
// system error number. The end of the stream is io.EOF or io.ErrUnexpectedEOF,
// bare.
type Socket struct {
	*state

	// Of this handle; another one of the same socket has others. Immutable.
	ctx   context.Context // its waits end when this is done
	fiber *reactor.Fiber  // whose waits yield to the loop; nil: goroutines wait
	inner context.Context // ctx, to wait with in the fiber
}

// state is what all handles of a socket share.
type state struct {
	// immutable
	desc  *reactor.Desc
	fd    int
	kind  kind
	tcp   bool // a TCP stream: a short read tells that there is no more
	alien bool // the descriptor was not made here

	// atomics
	closed  atomic.Bool
	limited atomic.Bool // a deadline for reading was set
	listens atomic.Bool
	waits   atomic.Bool // Recv, Send, Accept and their like wait
	maxLine atomic.Int64
	held    atomic.Int64 // in.len(), for those who have not the turn
	ends    atomic.Pointer[ends]
	last    atomic.Pointer[net.OpError]

	reads  turn
	writes turn

	// guarded by reads
	in      buffer
	dry     bool           // the kernel had no more to read at the moment
	dryAt   reactor.Ticket // of this ticket
	scanned int            // that many bytes hold no end of one of the first finder's
	finders [2]finder      // the latest first
}

// ends are the addresses of both ends as package net has them.
type ends struct {
	local, remote net.Addr
}

var (
	_ net.Conn      = (*Socket)(nil)
	_ syscall.Conn  = (*Socket)(nil)
	_ io.ByteReader = (*Socket)(nil)
)

// newSocket makes a Socket of fd, which is non-blocking, on l. It owns fd from
// then on, also when it fails.
func newSocket(l *reactor.Loop, fd int, k kind) (*Socket, error) {
	desc, err := l.Watch(fd)
	if err != nil { // the reactor has stopped
		_ = sysClose(fd)
		return nil, err
	}
	return socketOf(desc, k), nil
}

// socketOf makes a Socket of what desc watches.
func socketOf(desc *reactor.Desc, k kind) *Socket {
	whole := &struct {
		Socket
		state
	}{}
	s := &whole.Socket
	s.state = &whole.state
	s.ctx = background
	s.desc, s.fd, s.kind = desc, desc.FD(), k
	s.tcp = k.typ == Stream && k.inet() && (k.proto == 0 || k.proto == ProtocolTCP)
	s.reads.init()
	s.writes.init()
	s.maxLine.Store(DefaultMaxLine)
	s.ends.Store(&ends{})
	return s
}

// named fills in the addresses of the ends, as far as they are known.
func (s *Socket) named(remote Addr) {
	e := &ends{remote: remote.of(s.kind).std()}
	if local, err := sysName(s.fd); err == nil {
		e.local = local.of(s.kind).std()
	}
	s.ends.Store(e)
}

// enter keeps the descriptor open until leave.
func (s *Socket) enter() error { return s.desc.Use() }

func (s *Socket) leave() { s.desc.Done() }

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
	if s.alien {
		if err := sysAlive(s.fd); err != nil {
			s.abandon()
			return s.opError("close", systemError("close", err))
		}
	}
	if s.listens.Load() && !s.alien && s.enter() == nil {
		_ = sysShutdown(s.fd, ShutBoth) // nobody gets in any more, though the loop has still to let go of it
		s.leave()
	}
	return s.opError("close", s.desc.Close())
}

// abandon ends a Socket whose descriptor was closed by somebody else. The loop
// closes the number once more, when it has let go of it: until then something
// else stands in its place. When it is another's already, it stays open.
func (s *Socket) abandon() {
	if sysOccupy(s.fd) {
		_ = s.desc.Close()
		return
	}
	go func() { _, _ = s.desc.Release(background) }() // which waits for the loop
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
	s.limited.Store(true)
	return s.opError("set", s.desc.SetDeadline(reactor.Readable|reactor.Writable, t))
}

// SetReadDeadline is SetDeadline for reads alone. Safe to call from any
// goroutine.
func (s *Socket) SetReadDeadline(t time.Time) error {
	s.limited.Store(true)
	return s.opError("set", s.desc.SetDeadline(reactor.Readable, t))
}

// SetWriteDeadline is SetDeadline for writes alone. Safe to call from any
// goroutine.
func (s *Socket) SetWriteDeadline(t time.Time) error {
	return s.opError("set", s.desc.SetDeadline(reactor.Writable, t))
}
