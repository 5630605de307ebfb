package reactor

import (
	"net/netip"
	"os"
	"syscall"
)

const (
	// udpBatch is how many datagrams one system call receives or sends.
	udpBatch = 64
	// udpBudget is how many datagrams a loop receives from one socket before
	// the others have their turn.
	udpBudget = 16 * udpBatch
)

// receive takes what the kernel has. Less than a batch was everything, unless
// drain is set: then only the kernel's word counts.
func (u *UDP) receive(drain bool) {
	limit := u.limit
	if u.gro {
		limit = maxDatagram // of a train
	}
	for spent := 0; !u.closing && !u.closed; {
		if spent >= udpBudget {
			u.comeBack()
			return
		}
		n, err := u.loop.udp.in.receive(u.fd, limit, u.gro)
		u.loop.counts.reads.Add(1)
		if n > 0 {
			spent += u.deliver(n)
		}
		switch {
		case err == syscall.EAGAIN || err == nil && n < udpBatch && !drain:
			return
		case err != nil && broken(err):
			u.finish(os.NewSyscallError("recvmsg", err))
			return
		case err != nil:
			u.fail("read", target{}, os.NewSyscallError("recvmsg", err))
			drain = true
		}
	}
}

// broken reports whether err is about the socket and not about a datagram that
// was sent from it.
func broken(err error) bool {
	switch err {
	case syscall.EBADF, syscall.ENOTSOCK, syscall.EFAULT, syscall.EINVAL, syscall.ENOTCONN, syscall.EOPNOTSUPP:
		return true
	}
	return false
}

// deliver gives the first n messages of the loop's inbox to the handler, and
// sends what it sent. It returns how many datagrams they were.
func (u *UDP) deliver(n int) (count int) {
	in := u.loop.udp.in
	defer func() { u.loop.counts.datagramsIn.Add(uint64(count)) }()
	u.cork()
	for i := range n {
		count += u.deliverOne(in, i)
		if u.closed {
			return count
		}
	}
	u.uncork()
	return count
}

// deliverOne gives the datagrams of message i to the handler, and returns how
// many they were.
func (u *UDP) deliverOne(in *inbox, i int) (count int) {
	p, truncated := in.data(i)
	var d Datagram
	if u.unix != nil {
		d.path = u.unix.sender(in, i)
	} else {
		d.From = u.sender(in, i)
	}
	segment := in.segment(i)
	for {
		size := len(p)
		if segment > 0 {
			size = min(size, segment)
		}
		keep := min(size, u.limit)
		d.Data, d.Truncated = p[:keep:keep], truncated || keep < size
		p = p[size:]
		u.h.OnDatagram(u, d)
		if count++; len(p) == 0 || u.closed {
			return count
		}
	}
}

func (u *UDP) sender(in *inbox, i int) netip.AddrPort {
	if u.remote.IsValid() {
		return u.remote
	}
	return in.from(i, &u.zones)
}

// udpTurn is a socket as an errand: the loop goes on receiving.
type udpTurn UDP

// comeBack lets the other sockets of the loop have their turn before this one
// goes on.
func (u *UDP) comeBack() {
	if !u.again {
		u.again = true
		_ = u.loop.send((*udpTurn)(u)) // a loop that has stopped has told the handler
	}
}

func (t *udpTurn) run() {
	u := (*UDP)(t)
	u.again = false
	u.loop.dispatch(u, Readable|ended)
}
