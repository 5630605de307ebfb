package sockets

import (
	"net/netip"
	"syscall"
	"time"
)

// SetNoDelay tells whether small writes are sent at once, which is the default
// of every TCP connection here, or held back to be joined (Nagle's algorithm);
// see TCP_NODELAY in tcp(7). Safe to call from any goroutine.
func (s *Socket) SetNoDelay(on bool) error { return s.SetOption("tcp", "TCP_NODELAY", on) }

// SetKeepAlive tells whether TCP probes a connection that is silent for idle,
// every interval, and gives it up after count probes without an answer; see
// SO_KEEPALIVE in socket(7) and TCP_KEEPIDLE in tcp(7). idle of 0 turns it off;
// an interval or count of 0 stays what it is. Times are in whole seconds, and a
// negative one, or a part of the first second, is ErrInvalid. Elsewhere than on
// Linux the times are the system's. Safe to call from any goroutine.
func (s *Socket) SetKeepAlive(idle, interval time.Duration, count int) error {
	return s.do("set", "", func(fd int) error { return setKeepAlive(fd, idle, interval, count) })
}

func setKeepAlive(fd int, idle, interval time.Duration, count int) error {
	for _, d := range []time.Duration{idle, interval} {
		if d < 0 || d > 0 && d < time.Second {
			return invalid("time to keep alive of less than a second")
		}
	}
	if count < 0 {
		return invalid("negative number of probes")
	}
	err := sysSetKeepAlive(fd, idle > 0)
	if err == nil && idle > 0 {
		err = sysKeepAlive(fd, int(idle/time.Second), int(interval/time.Second), count)
	}
	return systemError("setsockopt", err)
}

// SetLinger tells what Close does with output that has not been delivered; see
// SO_LINGER in socket(7). Off, the default, the system goes on delivering. On
// with 0 it is dropped and the connection reset. On with d, in whole seconds,
// the system tries for so long. A negative d is ErrInvalid. Safe to call from
// any goroutine.
func (s *Socket) SetLinger(on bool, d time.Duration) error {
	if d < 0 {
		return s.opError("set", invalid("negative time to linger"))
	}
	return s.do("set", "setsockopt", func(fd int) error { return sysSetLinger(fd, Linger{on, d}) })
}

// A Linger is what Close does with output that has not been delivered: the
// value of SO_LINGER.
type Linger struct {
	On   bool
	Time time.Duration // in whole seconds
}

// Linger returns what SetLinger has set. The time is the system's also while it
// is off. Safe to call from any goroutine.
func (s *Socket) Linger() (on bool, d time.Duration, err error) {
	var l Linger
	err = s.do("get", "getsockopt", func(fd int) (err error) {
		l, err = sysGetLinger(fd)
		return err
	})
	return l.On, l.Time, err
}

// SetReuseAddr tells whether the address may be bound while connections of an
// earlier socket are not quite over; see SO_REUSEADDR in socket(7). Safe to
// call from any goroutine.
func (s *Socket) SetReuseAddr(on bool) error { return s.SetOption("socket", "SO_REUSEADDR", on) }

// SetReusePort tells whether several sockets may be bound to one address, among
// which the system spreads what comes; see SO_REUSEPORT in socket(7). Safe to
// call from any goroutine.
func (s *Socket) SetReusePort(on bool) error { return s.SetOption("socket", "SO_REUSEPORT", on) }

// SetBroadcast tells whether datagrams may be sent to a broadcast address; see
// SO_BROADCAST in socket(7). Safe to call from any goroutine.
func (s *Socket) SetBroadcast(on bool) error { return s.SetOption("socket", "SO_BROADCAST", on) }

// SetRecvBuffer sets the size of the system's receive buffer in bytes; Linux
// doubles it. Safe to call from any goroutine.
func (s *Socket) SetRecvBuffer(n int) error { return s.setSize("SO_RCVBUF", n) }

// SetSendBuffer sets the size of the system's send buffer in bytes; Linux
// doubles it. Safe to call from any goroutine.
func (s *Socket) SetSendBuffer(n int) error { return s.setSize("SO_SNDBUF", n) }

func (s *Socket) setSize(name string, n int) error {
	if n < 0 {
		return s.opError("set", invalid("negative size"))
	}
	return s.SetOption("socket", name, n)
}

// SetV6Only tells whether an AF_INET6 socket leaves IPv4 alone; see IPV6_V6ONLY
// in ipv6(7). It must be set before Bind. Safe to call from any goroutine.
func (s *Socket) SetV6Only(on bool) error { return s.SetOption("ipv6", "IPV6_V6ONLY", on) }

// BindToDevice makes the socket use one network interface alone, or any with "";
// see SO_BINDTODEVICE in socket(7). Linux has it, for those with the right to.
// Safe to call from any goroutine.
func (s *Socket) BindToDevice(name string) error {
	return s.SetOption("socket", "SO_BINDTODEVICE", name)
}

// Congestion returns the name of TCP's congestion control of the socket; see
// TCP_CONGESTION in tcp(7). Linux and FreeBSD have it. Safe to call from any
// goroutine.
func (s *Socket) Congestion() (string, error) {
	v, err := s.Option("tcp", "TCP_CONGESTION")
	name, _ := v.(string)
	return name, err
}

// PendingError returns and clears the error that waits on the socket, such as
// the outcome of a connect, or 0; see SO_ERROR in socket(7). Safe to call from
// any goroutine.
func (s *Socket) PendingError() (syscall.Errno, error) {
	v, err := s.Option("socket", "SO_ERROR")
	errno, _ := v.(syscall.Errno)
	return errno, err
}

// A Membership is a multicast group on an interface: the value of
// IP_ADD_MEMBERSHIP and its relatives.
type Membership struct {
	Group     netip.Addr
	Interface string // "" lets the system choose
}

// JoinGroup makes a datagram socket receive what is sent to a multicast group;
// see ip(7) and ipv6(7). Safe to call from any goroutine.
func (s *Socket) JoinGroup(m Membership) error {
	if m.Group.Unmap().Is4() {
		return s.SetOption("ip", "IP_ADD_MEMBERSHIP", m)
	}
	return s.SetOption("ipv6", "IPV6_ADD_MEMBERSHIP", m)
}

// LeaveGroup ends what JoinGroup began. Safe to call from any goroutine.
func (s *Socket) LeaveGroup(m Membership) error {
	if m.Group.Unmap().Is4() {
		return s.SetOption("ip", "IP_DROP_MEMBERSHIP", m)
	}
	return s.SetOption("ipv6", "IPV6_DROP_MEMBERSHIP", m)
}
