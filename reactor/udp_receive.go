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
	for spent := 0; !u.closing && !u.closed; spent += udpBatch {
		if spent >= udpBudget {
			u.comeBack()
			return
		}
		n, err := u.loop.udp.in.receive(u.fd, u.limit)
		u.loop.counts.reads.Add(1)
		if n > 0 {
			u.deliver(n)
		}
		switch {
		case err == syscall.EAGAIN || err == nil && n < udpBatch && !drain:
			return
		case err != nil && broken(err):
			u.finish(os.NewSyscallError("recvmsg", err))
			return
		case err != nil:
			u.fail("read", u.remote, os.NewSyscallError("recvmsg", err))
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

// deliver gives the first n datagrams of the loop's inbox to the handler, and
// sends what it sent.
func (u *UDP) deliver(n int) {
	in := u.loop.udp.in
	u.loop.counts.datagramsIn.Add(uint64(n))
	u.cork()
	for i := range n {
		p, truncated := in.data(i)
		u.h.OnDatagram(u, Datagram{Data: p, From: u.sender(in, i), Truncated: truncated})
		if u.closed {
			return
		}
	}
	u.uncork()
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
