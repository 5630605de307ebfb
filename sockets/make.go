package sockets

import (
	"context"
	"net"
	"os"
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// New makes an unconnected socket; see socket(2). Its descriptor is
// non-blocking and close-on-exec. Protocol 0 is the one that goes with the
// others. Safe to call from any goroutine; for a fiber, see WithContext.
func New(family Family, typ Type, protocol Protocol) (*Socket, error) {
	s, err := newOn(background, kind{family, typ, protocol})
	return s, makeError("socket", kind{family, typ, protocol}, err)
}

// NewNamed is New with the names of the manual pages, as for
// NewNamed("AF_INET", "SOCK_STREAM", "tcp"), or numbers. A name nobody knows is
// ErrInvalid; for a protocol it is syscall.EPROTOTYPE beside. Safe to call from
// any goroutine; for a fiber, see WithContext.
func NewNamed(family, typ, protocol string) (*Socket, error) {
	k, err := parseKind(family, typ, protocol)
	if err != nil {
		return nil, makeError("socket", k, err)
	}
	return New(k.family, k.typ, k.proto)
}

func makeError(op string, k kind, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: k.network(), Err: err}
}

// newOn makes a socket on the loop for ctx.
func newOn(ctx context.Context, k kind) (*Socket, error) {
	r, err := reactor.Default()
	if err != nil {
		return nil, err
	}
	s, err := newOnLoop(loopOf(ctx, r), k)
	if err == nil {
		s.named(Addr{})
	}
	return s, err
}

// newOnLoop makes a socket on l. Its ends have no names yet.
func newOnLoop(l *reactor.Loop, k kind) (*Socket, error) {
	fd, err := sysSocket(k)
	if err != nil {
		return nil, systemError("socket", err)
	}
	return newSocket(l, fd, k)
}

// Pair makes two sockets that are connected to each other; see socketpair(2).
// The family is FamilyUnix on most systems. Safe to call from any goroutine;
// for a fiber, see WithContext.
func Pair(family Family, typ Type, protocol Protocol) (a, b *Socket, err error) {
	k := kind{family, typ, protocol}
	fds, err := sysPair(k)
	if err != nil {
		return nil, nil, makeError("socketpair", k, systemError("socketpair", err))
	}
	if a, err = adopt(fds[0], k); err == nil {
		if b, err = adopt(fds[1], k); err == nil {
			return a, b, nil
		}
		_ = a.Close()
	} else {
		_ = sysClose(fds[1])
	}
	return nil, nil, makeError("socketpair", k, err)
}

// PairNamed is Pair with names, as NewNamed is New. Safe to call from any
// goroutine; for a fiber, see WithContext.
func PairNamed(family, typ, protocol string) (a, b *Socket, err error) {
	k, err := parseKind(family, typ, protocol)
	if err != nil {
		return nil, nil, makeError("socketpair", k, err)
	}
	return Pair(k.family, k.typ, k.proto)
}

// adopt makes a Socket of fd, which is non-blocking, or closes it.
func adopt(fd int, k kind) (*Socket, error) {
	r, err := reactor.Default()
	if err != nil {
		_ = sysClose(fd)
		return nil, err
	}
	s, err := newSocket(r.Next(), fd, k)
	if err != nil {
		return nil, err
	}
	peer, _ := sysPeer(fd)
	s.named(peer)
	return s, nil
}

// FromFD makes a Socket of a socket's descriptor, which it owns from then on
// and makes non-blocking: it must not belong to anything else. The error is
// syscall.EBADF, or syscall.ENOTSOCK for what is no socket; then fd stays the
// caller's. Safe to call from any goroutine; for a fiber, see WithContext.
func FromFD(fd int) (*Socket, error) {
	k, err := sysKind(fd)
	if err == nil {
		err = sysNonblock(fd)
	}
	if err != nil {
		return nil, &net.OpError{Op: "fromfd", Err: systemError("getsockopt", err)}
	}
	s, err := adopt(fd, k)
	if err != nil {
		return nil, makeError("fromfd", k, err)
	}
	s.alien = true
	return s, nil
}

// FromConn makes a Socket of a connection of package net's and closes c, which
// must not have read more than its user was given. A connection that does not
// tell its descriptor, such as one of crypto/tls, is ErrInvalid; then c stays
// as it was. Safe to call from any goroutine; for a fiber, see WithContext.
func FromConn(c net.Conn) (*Socket, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, &net.OpError{Op: "fromconn", Err: invalid("a connection without a descriptor")}
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil, &net.OpError{Op: "fromconn", Err: err}
	}
	fd := -1
	if e := rc.Control(func(old uintptr) { fd, err = sysDup(int(old)) }); e != nil {
		err = e
	}
	if err != nil {
		return nil, &net.OpError{Op: "fromconn", Err: systemError("dup", err)}
	}
	s, err := FromFD(fd)
	if err != nil {
		_ = sysClose(fd)
		return nil, err
	}
	_ = c.Close()
	return s, nil
}

// Detach ends the Socket without closing its descriptor, which it returns: from
// then on it is the caller's, and non-blocking. Everything else on the Socket
// is net.ErrClosed. While there are bytes in its buffer it is ErrInvalid, and
// nothing happens: read them first. Safe to call from any goroutine but a
// loop's, and from fibers.
func (s *Socket) Detach() (fd int, err error) {
	if n := s.Buffered(); n > 0 {
		return -1, s.opError("detach", invalid("bytes in the buffer would be lost"))
	}
	fd, err = s.release()
	return fd, s.opError("detach", err)
}

// release ends the Socket and waits until its descriptor is free.
func (s *Socket) release() (fd int, err error) {
	if s.closed.Swap(true) {
		return -1, net.ErrClosed
	}
	return s.desc.Release(s.where())
}

// File returns a copy of the descriptor as a file, for a child process. The
// Socket goes on. Safe to call from any goroutine.
func (s *Socket) File() (f *os.File, err error) {
	err = s.do("file", "dup", func(fd int) error {
		fd, err := sysDup(fd)
		if err == nil {
			f = os.NewFile(uintptr(fd), s.kind.network()+":"+s.String())
		}
		return err
	})
	return f, err
}
