//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// An inbox receives a batch of datagrams, one system call for each.
type inbox struct {
	bufs  [udpBatch][]byte
	sizes [udpBatch]int
	cut   [udpBatch]bool
	names [udpBatch]unix.Sockaddr
}

func newInbox() *inbox { return &inbox{} }

// receive takes up to a batch of datagrams, limit bytes of each at most. An
// error ends the batch and comes with what it has brought.
func (b *inbox) receive(fd, limit int, _ bool) (n int, err error) {
	for n < udpBatch {
		if cap(b.bufs[n]) < limit {
			b.bufs[n] = make([]byte, limit)
		}
		b.bufs[n] = b.bufs[n][:limit]
		size, _, flags, from, err := unix.RecvmsgBuffers(fd, b.bufs[n:n+1], nil, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return n, err
		}
		b.sizes[n], b.cut[n], b.names[n] = size, flags&unix.MSG_TRUNC != 0, from
		n++
	}
	return n, nil
}

// segment returns the size of the datagrams in message i: each is one.
func (*inbox) segment(int) int { return 0 }

// data returns datagram i of the last batch, and whether it is only the
// beginning of one.
func (b *inbox) data(i int) (p []byte, truncated bool) {
	return b.bufs[i][:b.sizes[i]:b.sizes[i]], b.cut[i]
}

// from returns who sent datagram i.
func (b *inbox) from(i int, z *zones) netip.AddrPort {
	if sa, ok := b.names[i].(*unix.SockaddrInet6); ok {
		ip := netip.AddrFrom16(sa.Addr).Unmap()
		return netip.AddrPortFrom(z.in(ip, sa.ZoneId), uint16(sa.Port))
	}
	return fromUDPSockaddr(b.names[i])
}

// An outbox sends a batch of datagrams, one system call for each.
type outbox struct {
	data   [udpBatch][]byte
	to     [udpBatch]target
	counts [udpBatch]int // 1 datagram in each message
	v6     bool
}

func newOutbox() *outbox { return &outbox{} }

// fill puts in the datagrams of p from first on, as many as there is room for
// or as there are, and returns how many messages that makes. There are no
// trains. The outbox refers to p until it is cleared.
func (b *outbox) fill(p *packets, first, _ int, v6 bool) (n int) {
	for n < udpBatch && first+n < len(p.list) {
		b.data[n], b.to[n], b.counts[n] = p.at(first+n, 1), p.list[first+n].to, 1
		n++
	}
	b.v6 = v6
	return n
}

// send sends the messages from..to-1, which are at least one, and returns how
// many the kernel has taken. An error is about the one after those.
func (b *outbox) send(fd, from, to int) (n int, err error) {
	for i := from; i < to; i++ {
		if err := sysSendTo(fd, b.data[i], b.to[i], b.v6); err != nil {
			return i - from, err
		}
	}
	return to - from, nil
}

// clear lets go of the first n messages.
func (b *outbox) clear(n int) { clear(b.data[:n]) }

// sysSendTo sends one datagram.
func sysSendTo(fd int, p []byte, to target, v6 bool) error {
	var sa unix.Sockaddr
	if to.path != "" {
		sa = &unix.SockaddrUnix{Name: to.path}
	} else if to.addr.IsValid() {
		sa = toUDPSockaddr(to.addr, v6, to.zone)
	}
	for {
		_, err := unix.SendmsgN(fd, p, nil, sa, 0)
		if err != unix.EINTR {
			return err
		}
	}
}

// sysTrain returns how long the datagrams of a train may be: there are none.
func sysTrain(int) int { return 0 }

// sysGRO makes the socket take trains, and reports whether it does.
func sysGRO(int) bool { return false }

func sysMulticastIf4(fd, index int) error {
	ip, err := ip4Of(index)
	if err != nil {
		return err
	}
	return unix.SetsockoptInet4Addr(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, ip)
}

func sysMulticastTTL4(fd, hops int) error {
	return unix.SetsockoptByte(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, byte(hops))
}

func sysMember4(fd int, group [4]byte, index int, join bool) error {
	ip, err := ip4Of(index)
	if err != nil {
		return err
	}
	return unix.SetsockoptIPMreq(fd, unix.IPPROTO_IP, memberOpt4(join), &unix.IPMreq{Multiaddr: group, Interface: ip})
}

// ip4Of returns the address that stands for an interface in the calls about
// IPv4 groups; that of number 0 is zero.
func ip4Of(index int) (ip [4]byte, err error) {
	if index == 0 {
		return ip, nil
	}
	ifi, err := net.InterfaceByIndex(index)
	if err != nil {
		return ip, err
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return ip, err
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return [4]byte(n.IP.To4()), nil
		}
	}
	return ip, unix.EADDRNOTAVAIL
}
