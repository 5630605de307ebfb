package sockets

import (
	"net/netip"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// DefaultBacklog is how many established connections wait to be accepted when
// nobody says how many: 256.
const DefaultBacklog = 256

// Bind gives the socket an address of this machine; see bind(2). host is an IP
// address, or "0" for all of them, or "unix/" with a path as the port; port is
// a number or the name of a service, and "0" or "" lets the system choose. A
// host name is ErrInvalid, as is a port out of range; a path that is too long is
// syscall.ENOBUFS, and an address of another family syscall.EAFNOSUPPORT. Safe
// to call from any goroutine.
func (s *Socket) Bind(host, port string) error {
	a, err := numeric(host, port, s.kind)
	if err != nil {
		return s.opError("bind", err)
	}
	return s.BindAddr(a)
}

// BindAddr is Bind to an address. Safe to call from any goroutine.
func (s *Socket) BindAddr(a Addr) error { return s.meet("bind", "bind", a, sysBind) }

// meet makes one of the system calls that join the socket and an address.
func (s *Socket) meet(op, call string, a Addr, f func(fd int, a Addr) error) error {
	err := s.enter()
	if err == nil {
		defer s.leave()
		if a, err = s.suit(a); err == nil {
			err = f(s.fd, a)
		}
		s.rename()
	}
	return s.opError(op, systemError(call, err))
}

// suit makes a an address of the socket's family.
func (s *Socket) suit(a Addr) (Addr, error) {
	switch {
	case a.Family == 0:
		return a, invalid("no address")
	case a.Family == s.kind.family:
		return a, nil
	case a.Family == FamilyInet && s.kind.family == FamilyInet6:
		a.Family, a.IP = FamilyInet6, netip.AddrFrom16(a.IP.As16())
		return a, nil
	}
	return a, syscall.EAFNOSUPPORT
}

// rename finds out what the ends are called now.
func (s *Socket) rename() {
	peer, _ := sysPeer(s.fd)
	s.named(peer)
}

// Listen makes the socket one that accepts connections; see listen(2). backlog
// is how many may wait: 0 or less is DefaultBacklog. Again changes that. Safe
// to call from any goroutine.
func (s *Socket) Listen(backlog int) error {
	if backlog <= 0 {
		backlog = DefaultBacklog
	}
	return s.do("listen", "listen", func(fd int) error {
		defer s.rename()
		s.listens.Store(true)
		return sysListen(fd, backlog)
	})
}

// Accept takes a connection that waits, if there is one, and otherwise returns
// ErrWouldBlock; after SetNonblock(false) it waits. from is the peer. The new
// socket belongs to the fiber that the listening one does. Safe to call from
// any goroutine.
func (s *Socket) Accept() (conn *Socket, from Addr, err error) {
	if s.waits.Load() {
		return s.AcceptWait(Forever)
	}
	conn, from, err = s.accept(&limit{timeout: NoWait})
	if err == ErrTimeout { //nolint:errorlint // not wrapped yet
		err = ErrWouldBlock
	}
	return conn, from, s.opError("accept", err)
}

// AcceptWait is Accept that waits for a connection, within timeout. Safe to
// call from any goroutine.
func (s *Socket) AcceptWait(timeout time.Duration) (conn *Socket, from Addr, err error) {
	conn, from, err = s.accept(&limit{timeout: timeout})
	return conn, from, s.opError("accept", err)
}

func (s *Socket) accept(lim *limit) (*Socket, Addr, error) {
	fd, from, err := s.acceptFD(lim)
	if err != nil {
		return nil, Addr{}, err
	}
	l := s.desc.Loop()
	if s.fiber == nil {
		r, err := reactor.Default()
		if err != nil {
			_ = sysClose(fd)
			return nil, Addr{}, err
		}
		l = r.Next()
	}
	conn, err := s.accepted(l, fd, from)
	if err != nil {
		return nil, Addr{}, err
	}
	return conn.child(s), from, nil
}

// accepted makes a Socket of an accepted connection, or closes it.
func (s *Socket) accepted(l *reactor.Loop, fd int, from Addr) (*Socket, error) {
	conn, err := newSocket(l, fd, s.kind)
	if err != nil {
		return nil, err
	}
	conn.named(from)
	if conn.tcp {
		_ = sysNoDelay(fd, true)
	}
	return conn, nil
}

// acceptFD accepts one connection. Several may wait for one at the same time.
func (s *Socket) acceptFD(lim *limit) (fd int, from Addr, err error) {
	lim.of = s
	if err := s.enter(); err != nil {
		return -1, Addr{}, err
	}
	defer s.leave()
	for {
		if err := s.desc.Expired(reactor.Readable); err != nil {
			return -1, Addr{}, err
		}
		ticket := s.desc.Ticket()
		fd, from, err = sysAccept(s.fd)
		switch {
		case err == nil:
			return fd, from.of(s.kind), nil
		case err != syscall.EAGAIN:
			return -1, Addr{}, systemError("accept", err)
		case lim.once():
			return -1, Addr{}, ErrTimeout
		}
		if err := s.await(reactor.Readable, ticket, lim); err != nil {
			return -1, Addr{}, err
		}
	}
}

// SysConnect begins to connect; see connect(2). host and port are as for Bind.
// On a stream it is syscall.EINPROGRESS as a rule, and FinishConnect waits for
// the outcome. On a datagram socket it sets the peer, and may be repeated. Safe
// to call from any goroutine.
func (s *Socket) SysConnect(host, port string) error {
	a, err := numeric(host, port, s.kind)
	if err != nil {
		return s.opError("connect", err)
	}
	return s.meet("connect", "connect", a, sysConnect)
}

// FinishConnect waits until what SysConnect has begun is decided, and returns
// the outcome: nil, ErrTimeout, or why it failed. Safe to call from any
// goroutine.
func (s *Socket) FinishConnect(timeout time.Duration) error {
	lim := limit{timeout: timeout, of: s}
	err := s.enter()
	if err == nil {
		defer s.leave()
		if err = s.connected(&lim); err == nil {
			s.rename()
		}
	}
	return s.opError("connect", err)
}

func (s *Socket) connected(lim *limit) error {
	for {
		ticket := s.desc.Ticket()
		err := sysConnected(s.fd)
		switch {
		case err != syscall.EINPROGRESS:
			return systemError("connect", err)
		case lim.once():
			return ErrTimeout
		}
		if err := s.await(reactor.Writable, ticket, lim); err != nil {
			return err
		}
	}
}

// SetNonblock tells whether Accept, Recv, RecvFrom, Send, SendTo and their like
// return ErrWouldBlock instead of waiting, which is the default; with false
// they wait as others do, and block no thread. Safe to call from any goroutine.
func (s *Socket) SetNonblock(on bool) error {
	return s.do("set", "", func(int) error {
		s.waits.Store(!on)
		return nil
	})
}

// Nonblock returns what SetNonblock has set. Safe to call from any goroutine.
func (s *Socket) Nonblock() (on bool, err error) {
	err = s.do("get", "", func(int) error {
		on = !s.waits.Load()
		return nil
	})
	return on, err
}

// patience returns the limit of a call that SetNonblock is about.
func (s *Socket) patience() limit {
	if s.waits.Load() {
		return limit{timeout: Forever}
	}
	return limit{timeout: NoWait}
}
