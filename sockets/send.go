package sockets

import (
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// Send sends p with one call and returns how many bytes the system has taken,
// which for a stream may be fewer; see send(2). With no room it is
// ErrWouldBlock, or waits after SetNonblock(false). A flag nobody knows is
// ErrInvalid. Safe to call from any goroutine.
func (s *Socket) Send(p []byte, flags ...Flag) (int, error) {
	n, err := s.send(p, flags, nil)
	return n, s.opError("send", err)
}

// SysWrite makes one write(2): it is Send without flags. Safe to call from any
// goroutine.
func (s *Socket) SysWrite(p []byte) (int, error) {
	n, err := s.send(p, nil, nil)
	return n, s.opError("write", err)
}

// SendTo sends p as one datagram, which may be empty, to a peer; see sendto(2).
// host and port are as for Bind; a host name is ErrInvalid. Safe to call from
// any goroutine.
func (s *Socket) SendTo(host, port string, p []byte, flags ...Flag) (int, error) {
	a, err := numeric(host, port, s.kind)
	if err != nil {
		return 0, s.opError("sendto", err)
	}
	return s.SendToAddr(a, p, flags...)
}

// SendToAddr is SendTo to an address, such as that of a received message. Safe
// to call from any goroutine.
func (s *Socket) SendToAddr(a Addr, p []byte, flags ...Flag) (int, error) {
	a, err := s.suit(a)
	n := 0
	if err == nil {
		n, err = s.send(p, flags, &a)
	}
	return n, s.opError("sendto", systemError("sendto", err))
}

func (s *Socket) send(p []byte, flags []Flag, to *Addr) (int, error) {
	all, err := joinFlags(flags)
	if err != nil {
		return 0, err
	}
	lim := s.patience()
	if err := s.beginWrite(&lim); err != nil {
		return 0, wouldBlock(err)
	}
	defer s.endWrite()
	if len(p) == 0 && !s.kind.messages() {
		return 0, nil
	}
	n, err := s.sendWhen(p, all, to, &lim)
	return n, wouldBlock(err)
}

// sendWhen sends p, or some of it, when there is room.
func (s *Socket) sendWhen(p []byte, flags Flag, to *Addr, lim *limit) (int, error) {
	for {
		ticket := s.desc.Ticket()
		n, err := sysSend(s.fd, p, int(flags), to)
		switch {
		case err == nil:
			if to != nil && s.unnamed() {
				s.rename()
			}
			return n, nil
		case err != syscall.EAGAIN:
			return 0, systemError("sendto", err)
		case lim.once():
			return 0, ErrTimeout
		}
		if err := s.wait(reactor.Writable, ticket, lim); err != nil {
			return 0, err
		}
	}
}

// unnamed reports whether the system has given a name to the socket since it
// was last asked: the first datagram does that.
func (s *Socket) unnamed() bool {
	local := s.ends.Load().local
	return s.kind.inet() && s.kind.typ == Datagram && (local == nil || addrOf(local).Port == 0)
}
