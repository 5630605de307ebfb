package reactor

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stride is how far apart the datagrams of an inbox begin, in bytes. It is not
// a power of two, or the first bytes of all of them would fall into the same
// few lines of the processor's caches.
const stride = maxDatagram + 1 + 256

// mmsghdr is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32 // bytes received or sent
}

// A sockaddr has room for an address of any family we know.
type sockaddr struct {
	v6   unix.RawSockaddrInet6
	rest [unix.SizeofSockaddrUnix + 2 - unix.SizeofSockaddrInet6]byte
}

// set makes sa the address of to, and returns how many bytes of it count: none
// when it is that of the one remote end.
func (sa *sockaddr) set(to target, v6 bool) (size uint32) {
	switch ip, port := to.addr.Addr(), netOrder(to.addr.Port()); {
	case to.path != "":
		return sa.setPath(to.path)
	case !to.addr.IsValid():
		return 0
	case v6:
		sa.v6 = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: ip.As16(), Scope_id: to.zone}
		return unix.SizeofSockaddrInet6
	default:
		*(*unix.RawSockaddrInet4)(unsafe.Pointer(sa)) = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: ip.As4()}
		return unix.SizeofSockaddrInet4
	}
}

// get returns the address; that of an unknown family is zero.
func (sa *sockaddr) get(z *zones) netip.AddrPort {
	switch sa.v6.Family {
	case unix.AF_INET:
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(sa4.Addr), netOrder(sa4.Port))
	case unix.AF_INET6:
		ip := netip.AddrFrom16(sa.v6.Addr).Unmap()
		return netip.AddrPortFrom(z.in(ip, sa.v6.Scope_id), netOrder(sa.v6.Port))
	}
	return netip.AddrPort{}
}

// netOrder turns a port from the order of the network into that of the
// machine, and back.
func netOrder(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}

// An inbox receives a batch of messages with one system call. A message is a
// datagram or, on a socket that takes trains, several of one size and a last one
// that may be shorter, which the kernel has coupled: UDP_GRO of udp(7). The
// memory is used as far as messages reach: the rest is never touched.
type inbox struct {
	msgs  [udpBatch]mmsghdr
	iovs  [udpBatch]unix.Iovec
	names [udpBatch]sockaddr
	notes [udpBatch]notes
	buf   []byte
	limit int  // bytes of a message; what iovs say
	gro   bool // there is room for what is said about trains
	used  int  // msgs the last call has filled
}

// notes are what the kernel tells about a message: the size of the datagrams in
// a train, behind what UDPConfig.Prepare may have asked for.
type notes struct {
	hdr  unix.Cmsghdr
	size int32
	_    [256]byte
}

// segment returns the size of the datagrams in a train, from the first size bytes
// of the notes; 0 is for a message that is a datagram.
func (c *notes) segment(size int) int {
	for at := 0; at+unix.CmsgLen(4) <= size; {
		h := (*notes)(unsafe.Add(unsafe.Pointer(c), at))
		if h.hdr.Level == unix.SOL_UDP && h.hdr.Type == unix.UDP_GRO {
			return int(h.size)
		}
		at += max(unix.CmsgSpace(int(h.hdr.Len)-unix.CmsgLen(0)), 1)
	}
	return 0
}

func newInbox() *inbox {
	b := &inbox{buf: make([]byte, udpBatch*stride), used: udpBatch}
	for i := range b.msgs {
		h := &b.msgs[i].hdr
		b.iovs[i].Base = &b.buf[i*stride]
		h.Iov = &b.iovs[i]
		h.SetIovlen(1)
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		h.Control = (*byte)(unsafe.Pointer(&b.notes[i]))
	}
	return b
}

// receive takes up to a batch of messages, limit bytes of each at most, from a
// socket that takes trains or not.
func (b *inbox) receive(fd, limit int, gro bool) (n int, err error) {
	if b.limit != limit {
		b.limit = limit
		for i := range b.iovs {
			b.iovs[i].SetLen(limit)
		}
	}
	if b.gro != gro {
		b.gro, b.used = gro, udpBatch
	}
	for i := range b.used {
		h := &b.msgs[i].hdr
		h.Namelen = uint32(unsafe.Sizeof(b.names[i]))
		if gro {
			h.SetControllen(int(unsafe.Sizeof(b.notes[i])))
		} else {
			h.SetControllen(0)
		}
	}
	for {
		r, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd),
			uintptr(unsafe.Pointer(&b.msgs[0])), udpBatch, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			b.used = int(r)
			return b.used, nil
		case unix.EINTR:
			continue
		}
		b.used = 1 // the kernel may have begun with it
		return 0, errno
	}
}

// segment returns the size of the datagrams in message i of the last batch; 0 is
// for one that is a datagram.
func (b *inbox) segment(i int) int { return b.notes[i].segment(int(b.msgs[i].hdr.Controllen)) }

// data returns message i of the last batch, and whether it is only the
// beginning of one.
func (b *inbox) data(i int) (p []byte, truncated bool) {
	m := &b.msgs[i]
	from := i * stride
	to := from + int(m.len)
	return b.buf[from:to:to], m.hdr.Flags&unix.MSG_TRUNC != 0
}

// from returns who sent message i.
func (b *inbox) from(i int, z *zones) netip.AddrPort { return b.names[i].get(z) }

// sysSendTo sends one datagram. All it needs stays on the stack.
func sysSendTo(fd int, p []byte, to target, v6 bool) error {
	var sa sockaddr
	var m mmsghdr
	iov := unix.Iovec{Base: unsafe.SliceData(p)}
	iov.SetLen(len(p))
	m.hdr.Iov = &iov
	m.hdr.SetIovlen(1)
	if m.hdr.Namelen = sa.set(to, v6); m.hdr.Namelen > 0 {
		m.hdr.Name = (*byte)(unsafe.Pointer(&sa))
	}
	_, err := sendmmsg(fd, &m, 1)
	return err
}

func sysMulticastIf4(fd, index int) error {
	return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(index)})
}

func sysMulticastTTL4(fd, hops int) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, hops)
}

func sysMember4(fd int, group [4]byte, index int, join bool) error {
	return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, memberOpt4(join), &unix.IPMreqn{Multiaddr: group, Ifindex: int32(index)})
}

// sysGRO makes the socket take trains, and reports whether it does.
func sysGRO(fd int) bool { return unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1) == nil }
