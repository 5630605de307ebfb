package reactor

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// An outbox sends a batch of messages with one system call. A message is a
// datagram or a train of them, which the kernel carries as one through most of
// its stack, or the network card through all of it: UDP_SEGMENT of udp(7).
type outbox struct {
	msgs   [udpBatch]mmsghdr
	iovs   [udpBatch]unix.Iovec
	names  [udpBatch]sockaddr
	trains [udpBatch]trainCmsg
	counts [udpBatch]int // datagrams in a message
}

// trainCmsg tells the kernel to cut a message into datagrams of that size.
type trainCmsg struct {
	hdr  unix.Cmsghdr
	size uint16
	_    [unsafe.Sizeof(uintptr(0)) - 2]byte
}

func newOutbox() *outbox {
	b := &outbox{}
	for i := range b.msgs {
		h := &b.msgs[i].hdr
		h.Iov = &b.iovs[i]
		h.SetIovlen(1)
		c := &b.trains[i].hdr
		c.Level, c.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
	}
	return b
}

// fill puts in the datagrams of p from first on, as many as there is room for
// or as there are, and returns how many messages that makes. Only those of
// train bytes or less travel in trains. The outbox refers to p until it is
// cleared.
func (b *outbox) fill(p *packets, first, train int, v6 bool) (n int) {
	for i := first; n < udpBatch && i < len(p.list); n++ {
		b.counts[n] = p.train(i, train)
		data := p.at(i, b.counts[n])
		b.iovs[n].Base = unsafe.SliceData(data)
		b.iovs[n].SetLen(len(data))
		h := &b.msgs[n].hdr
		h.Name, h.Control = nil, nil
		if h.Namelen = b.names[n].set(p.list[i].to, v6); h.Namelen > 0 {
			h.Name = (*byte)(unsafe.Pointer(&b.names[n]))
		}
		h.SetControllen(0)
		if b.counts[n] > 1 {
			b.trains[n].size = uint16(p.size(i))
			h.Control = (*byte)(unsafe.Pointer(&b.trains[n]))
			h.SetControllen(int(unsafe.Sizeof(b.trains[n])))
		}
		i += b.counts[n]
	}
	return n
}

// send sends the messages from..to-1, which are at least one, and returns how
// many the kernel has taken. An error is about the first one, and then none
// was.
func (b *outbox) send(fd, from, to int) (n int, err error) {
	return sendmmsg(fd, &b.msgs[from], to-from)
}

// clear lets go of the first n messages.
func (b *outbox) clear(n int) {
	for i := range n {
		b.iovs[i].Base = nil
	}
}

func sendmmsg(fd int, first *mmsghdr, n int) (int, error) {
	for {
		r, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd),
			uintptr(unsafe.Pointer(first)), uintptr(n), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(r), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// sysTrain returns how long the datagrams of a train may be; 0 is for a kernel
// that knows of none, and would send them as one.
func sysTrain(fd int) int {
	if _, err := unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT); err != nil {
		return 0
	}
	return maxTrainBytes
}
