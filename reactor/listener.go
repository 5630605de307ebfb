package reactor

import (
	"net"
	"sync/atomic"
)

// A Listener accepts connections on one or several loops.
//
// No error in accept stops it but a broken socket: when descriptors or memory
// have run out it waits, longer each time, and logs that once a second.
type Listener struct {
	// immutable
	r         *Reactor
	network   string
	accept    acceptor
	placement Placement
	addr      net.Addr
	path      socketPath // to remove at the end
	spread    bool       // the kernel chooses the loop
	ports     []*port

	quota  quota
	paused atomic.Bool
	closed atomic.Bool
}

func (ln *Listener) add(fd int, l *Loop) {
	ln.addr = sysLocalAddr(fd)
	if ua, ok := ln.addr.(*net.UnixAddr); ok {
		ua.Net = ln.network
	}
	ln.ports = append(ln.ports, &port{ln: ln, loop: l, fd: fd, take: sysAccept})
}

// start hands the sockets to their loops.
func (ln *Listener) start() (*Listener, error) {
	if err := ln.r.adopt(ln); err != nil {
		ln.abandon()
		return nil, listenError(ln.network, ln.addr, err)
	}
	for _, p := range ln.ports {
		if err := p.loop.Post(p.open); err != nil {
			_ = ln.Close()
			return nil, listenError(ln.network, ln.addr, err)
		}
	}
	return ln, nil
}

// abandon closes sockets that no loop knows yet.
func (ln *Listener) abandon() {
	ln.path.remove()
	for _, p := range ln.ports {
		_ = sysClose(p.fd)
	}
}

// Addr returns the address that is listened on, with the port the system chose
// when 0 was asked for. Safe to call from any goroutine.
func (ln *Listener) Addr() net.Addr { return ln.addr }

// Conns returns how many of the accepted connections have not ended: those
// that count against ListenConfig.MaxConns. For a moment it may be one more,
// while a connection is being accepted. Safe to call from any goroutine.
func (ln *Listener) Conns() int { return int(ln.quota.used.Load()) }

// Release tells that a connection which was given to the accept function of
// ListenFunc has ended, so that it no longer counts against
// ListenConfig.MaxConns. It must be called once for each of them if there is
// such a limit, and never for a Conn, which does so itself. Safe to call from
// any goroutine.
func (ln *Listener) Release() {
	if ln.quota.give() {
		ln.wake()
	}
}

// Pause stops accepting until Resume: connections wait in the kernel's queue,
// ListenConfig.Backlog of them. One that is being accepted meanwhile may still
// come. Safe to call from any goroutine.
func (ln *Listener) Pause() { ln.paused.Store(true) }

// Resume accepts again, beginning with those who wait. Safe to call from any
// goroutine.
func (ln *Listener) Resume() {
	if ln.paused.Swap(false) {
		ln.wake()
	}
}

// accepts reports whether connections are taken, as far as their number allows.
func (ln *Listener) accepts() bool { return !ln.closed.Load() && !ln.paused.Load() }

// wake makes every port look for connections.
func (ln *Listener) wake() {
	for _, p := range ln.ports {
		_ = p.loop.Post(p.resume) // a loop that has stopped has closed its port
	}
}

// Close stops accepting. Connections that were accepted go on. When it returns
// the address is free again, unless it was called on a loop, which it can not
// wait for. Closing twice is net.ErrClosed. Safe to call from any goroutine.
func (ln *Listener) Close() error {
	if ln.closed.Swap(true) {
		return net.ErrClosed
	}
	ln.r.forget(ln)
	ln.path.remove()
	wait := !ln.r.onLoop()
	for _, p := range ln.ports {
		if p.loop.Post(p.close) != nil || !wait {
			continue
		}
		select {
		case <-p.gone.Done():
		case <-p.loop.done:
		}
	}
	return nil
}
