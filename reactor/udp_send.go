package reactor

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// Send queues a copy of p for to. It leaves with everything else that collects
// until the loop comes by: at the end of the callback when called from one,
// and otherwise on a wake-up that is sent once however much is sent. On a
// connected socket to is zero, or RemoteAddr. p may be empty.
//
// The error is ErrQueueFull, when the datagram is dropped, net.ErrClosed after
// Close or when the socket has ended, or a *net.OpError for a datagram that no
// kernel would take. What the kernel says is for OnError. Safe to call from
// any goroutine.
func (u *UDP) Send(p []byte, to netip.AddrPort) error {
	t, err := u.aim(p, to)
	if err != nil {
		return err
	}
	return u.enqueue(p, t)
}

func (u *UDP) enqueue(p []byte, t target) error {
	u.mu.Lock()
	tell, err := u.queue.add(p, t)
	u.mu.Unlock()
	if tell {
		u.ferry()
	}
	return err
}

// SendNow sends p from the calling goroutine, without a copy, and returns what
// the kernel said, as a *net.OpError. When datagrams are queued before it, or
// the kernel can take none at the moment, it is Send. It never blocks. Safe to
// call from any goroutine.
func (u *UDP) SendNow(p []byte, to netip.AddrPort) error {
	t, err := u.aim(p, to)
	if err != nil {
		return err
	}
	return u.sendNow(p, t)
}

func (u *UDP) sendNow(p []byte, t target) error {
	if !u.useIdle() {
		return u.enqueue(p, t)
	}
	err := sysSendTo(u.fd, p, t, u.v6)
	u.unuse()
	switch {
	case err == nil:
		u.loop.counts.sent(1)
		return nil
	case err == syscall.EAGAIN && u.mayBlock():
		return u.enqueue(p, t)
	}
	return u.opError("write", t, os.NewSyscallError("sendmsg", err))
}

// aim finds out where a datagram goes, or why it can not.
func (u *UDP) aim(p []byte, to netip.AddrPort) (target, error) {
	switch ip := to.Addr(); {
	case len(p) > maxDatagram:
		return target{}, u.opError("write", target{addr: to}, syscall.EMSGSIZE)
	case u.remote.IsValid():
		if to.IsValid() && to != u.remote {
			return target{}, u.opError("write", target{addr: to}, net.ErrWriteToConnected)
		}
		return target{}, nil
	case !to.IsValid():
		return target{}, u.opError("write", target{addr: to}, syscall.EDESTADDRREQ)
	case !u.v6 && ip.Is6() && !ip.Is4In6():
		return target{}, u.opError("write", target{addr: to}, syscall.EAFNOSUPPORT)
	case ip.Is6() && ip.Zone() != "":
		return target{addr: to, zone: u.zones.number(ip.Zone())}, nil
	}
	return target{addr: to}, nil
}

// Queued returns how much was accepted for sending and has not been taken by
// the kernel, as UDPConfig.SendQueue counts it. Safe to call from any
// goroutine.
func (u *UDP) Queued() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.queue.size
}
