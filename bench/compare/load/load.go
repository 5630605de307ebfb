//go:build linux

// Package load is the client of every comparison: one goroutine and one epoll,
// no library of those that are compared, so that it is cheap, the same for all
// of them, and party to none.
package load

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/bench/compare/usage"
)

// Shape is what a load does.
type Shape struct {
	Conns int   // connections
	Depth int   // requests on the way on each of them; 1 is ping-pong
	Topic Topic // what they are
}

// A Load is a number of connections to one server.
type Load struct {
	shape  Shape
	say    dialogue
	epoll  int
	conns  []*conn // by index, which is what epoll hands back
	buf    []byte
	events []unix.EpollEvent
	lat    *latencies

	// of the run under way
	busy     int // connections that wait for something
	ops      int64
	deadline time.Time
	over     bool
}

// A conn is one connection.
type conn struct {
	fd    int
	out   []byte    // what it sends first, and the backing of every answer
	due   int       // bytes that must come before it rests
	part  int       // bytes of an answer that has not come whole
	since time.Time // when it last sent
}

// recvSize is how much one read may bring, in bytes.
const recvSize = 256 << 10

// Dial connects to addr.
func Dial(addr string, s Shape) (l *Load, err error) {
	l = &Load{shape: s, buf: make([]byte, recvSize), events: make([]unix.EpollEvent, 256), lat: newLatencies()}
	if l.say, err = s.Topic.dialogue(); err != nil {
		return nil, err
	}
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	for range s.Conns {
		if err := l.dial(addr); err != nil {
			l.Close()
			return nil, err
		}
	}
	return l, nil
}

func (l *Load) dial(addr string) error {
	remote, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return err
	}
	kind := unix.SOCK_STREAM
	if l.say.packets {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	l.conns = append(l.conns, &conn{fd: fd, out: bytes.Repeat(l.say.request, l.shape.Depth)})
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: remote.Port, Addr: [4]byte(remote.IP.To4())}); err != nil {
		return os.NewSyscallError("connect", err)
	}
	if err := l.say.open(fd); err != nil {
		return err
	}
	if !l.say.packets {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET&0xffffffff, Fd: int32(len(l.conns) - 1)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &ev))
}

// Close closes the connections.
func (l *Load) Close() {
	for _, c := range l.conns {
		_ = unix.Close(c.fd)
	}
	_ = unix.Close(l.epoll)
}

// Run keeps every connection busy for d and returns when all that was asked
// for has come, so that it can be called again. An op is a message that came.
func (l *Load) Run(d time.Duration) (Result, error) {
	before, err := usage.Self()
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	l.busy, l.ops, l.over, l.deadline = len(l.conns), 0, false, began.Add(d)
	for _, c := range l.conns {
		if err := l.begin(c); err != nil {
			return Result{}, err
		}
	}
	for l.busy > 0 {
		if err := l.turn(); err != nil {
			return Result{}, err
		}
	}
	after, err := usage.Self()
	if err != nil {
		return Result{}, err
	}
	r := Result{Ops: l.ops, Wall: time.Since(began), CPU: after.Minus(before)}
	r.P50, r.P99 = l.lat.drain()
	return r, nil
}

func (l *Load) begin(c *conn) error {
	c.due = l.shape.Depth * l.say.answer
	c.since = time.Now()
	return l.say.send(c.fd, c.out)
}

// patience is how long a server may be silent while messages are due.
const patience = 20 * time.Second

// turn waits for news and sees to it.
func (l *Load) turn() error {
	n, err := unix.EpollWait(l.epoll, l.events, int(patience.Milliseconds()))
	switch {
	case err == unix.EINTR: //nolint:errorlint // it comes bare from the system call
		return nil
	case err != nil:
		return os.NewSyscallError("epoll_wait", err)
	case n == 0:
		return fmt.Errorf("%d connections have waited %v for an answer", l.busy, patience)
	}
	now := time.Now()
	l.over = l.over || now.After(l.deadline)
	for _, ev := range l.events[:n] {
		if err := l.drain(l.conns[ev.Fd]); err != nil {
			return err
		}
	}
	return nil
}

// drain reads all that is there. Of a stream, a read that does not fill the
// buffer has brought it.
func (l *Load) drain(c *conn) error {
	for {
		n, err := unix.Read(c.fd, l.buf)
		switch {
		case err == unix.EAGAIN: //nolint:errorlint // it comes bare from the system call
			return nil
		case err != nil:
			return os.NewSyscallError("read", err)
		case n == 0:
			return io.ErrUnexpectedEOF
		}
		if err := l.got(c, n); err != nil {
			return err
		}
		if n < len(l.buf) && !l.say.packets {
			return nil
		}
	}
}

// got counts the answers that n bytes complete, and goes on.
func (l *Load) got(c *conn, n int) error {
	if n > c.due {
		return fmt.Errorf("%d bytes came where %d were due", n, c.due)
	}
	c.due -= n
	c.part += n
	whole := c.part / l.say.answer
	c.part %= l.say.answer
	if whole > 0 && !l.over {
		if err := l.next(c, whole); err != nil {
			return err
		}
	}
	l.ops += int64(whole) * l.say.worth
	if c.due == 0 {
		l.busy--
	}
	return nil
}

// next asks for as much as has come.
func (l *Load) next(c *conn, whole int) error {
	now := time.Now()
	l.lat.add(now.Sub(c.since))
	c.since = now
	c.due += whole * l.say.answer
	return l.say.send(c.fd, c.out[:whole*len(l.say.request)])
}

// A Result is what one Run has measured on the client's side.
type Result struct {
	Ops      int64
	Wall     time.Duration
	CPU      usage.CPU
	P50, P99 time.Duration
	Peak     int64 // bytes resident, of clients that are compared

	// of the server, as an Audience has them from itself; else nil
	Server *usage.CPU `json:",omitempty"`
	Acks   *usage.CPU `json:",omitempty"`
}
