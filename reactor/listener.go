package reactor

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// acceptBudget is how many connections a loop accepts before its other
	// descriptors have their turn.
	acceptBudget = 64

	// When the process or the system is out of descriptors or memory the
	// listener waits and tries again, first after minBackoff.
	minBackoff = 5 * time.Millisecond
	maxBackoff = time.Second
)

// ListenConfig configures a listener. The zero value works.
type ListenConfig struct {
	// Backlog is how many established connections may wait to be accepted.
	// 0 means the system's limit.
	Backlog int

	// ReusePort gives every loop a listening socket of its own, among which
	// the kernel spreads the connections. It does not work for unix sockets.
	// False: one loop accepts and hands the connections round.
	ReusePort bool

	// Prepare is called with each socket before it is bound, to set its
	// options. A positive backlog replaces Backlog; an error ends Listen. Nil
	// does nothing. SO_REUSEADDR has been set by then.
	Prepare func(fd int) (backlog int, err error)
}

// A Listener accepts connections on one or several loops.
//
// No error in accept stops it but a broken socket: when descriptors or memory
// have run out it waits, longer each time, and logs that once a second.
type Listener struct {
	// immutable
	r      *Reactor
	accept func(l *Loop, fd int, remote net.Addr)
	addr   net.Addr
	unix   string // the path to remove at the end; "": none
	ports  []*port

	closed atomic.Bool
}

// A port is one listening socket of a Listener, on one loop.
type port struct {
	// immutable
	ln   *Listener
	loop *Loop
	fd   int
	gone Gate // opened when the socket is closed

	// owned by the loop
	backoff time.Duration // 0: not backing off
	retry   *Timer
	logged  time.Time // when trouble was last logged
	ended   bool
}

// Listen listens on address, as net.Listen does for the networks "tcp",
// "tcp4", "tcp6" and "unix", and makes an event-driven Conn of every
// connection. handler is called for each of them, on its loop, before
// anything is read. Safe to call from any goroutine.
func (r *Reactor) Listen(network, address string, cfg ListenConfig, handler func(c *Conn) Handler) (*Listener, error) {
	return r.ListenFunc(network, address, cfg, func(_ *Loop, fd int, remote net.Addr) {
		if _, tcp := remote.(*net.TCPAddr); tcp {
			sysNoDelay(fd)
		}
		c := r.Next().newConn(fd, remote, nil)
		if c.loop.send(&arrival{c, handler}) != nil {
			_ = sysClose(fd)
		}
	})
}

// arrival is an accepted connection on its way to its loop.
type arrival struct {
	c       *Conn
	handler func(c *Conn) Handler
}

func (a *arrival) run() {
	opened := false
	defer func() {
		if !opened {
			a.c.abandon()
		}
	}()
	a.c.h = a.handler(a.c)
	opened = true
	a.c.open()
}

// ListenFunc is Listen for those who make something else of a connection:
// accept owns fd, which is non-blocking and close-on-exec. accept is called by
// the loop; it must not block. Safe to call from any goroutine.
func (r *Reactor) ListenFunc(network, address string, cfg ListenConfig, accept func(l *Loop, fd int, remote net.Addr)) (*Listener, error) {
	ln := &Listener{r: r, accept: accept}
	if err := ln.bind(network, address, &cfg); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: ln.addr, Err: err}
	}
	if err := r.adopt(ln); err != nil {
		ln.abandon()
		return nil, &net.OpError{Op: "listen", Net: network, Addr: ln.addr, Err: err}
	}
	for _, p := range ln.ports {
		if err := p.loop.Post(p.open); err != nil {
			_ = ln.Close()
			return nil, &net.OpError{Op: "listen", Net: network, Addr: ln.addr, Err: err}
		}
	}
	return ln, nil
}

// bind makes the listening sockets: all of them on the first address that
// takes one.
func (ln *Listener) bind(network, address string, cfg *ListenConfig) error {
	addrs, err := resolve(context.Background(), network, address, true)
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		var fd int
		if fd, err = sysListen(addr, cfg); err == nil {
			ln.add(fd, ln.r.Next())
			break
		}
	}
	if err != nil {
		return err
	}
	if ua, ok := ln.addr.(*net.UnixAddr); ok && ua.Name != "" && ua.Name[0] != '@' {
		ln.unix = ua.Name
	}
	for cfg.ReusePort && len(ln.ports) < len(ln.r.loops) {
		fd, err := sysListen(ln.addr, cfg)
		if err != nil {
			ln.abandon()
			return err
		}
		ln.add(fd, ln.r.Next())
	}
	return nil
}

func (ln *Listener) add(fd int, l *Loop) {
	ln.addr = sysLocalAddr(fd)
	ln.ports = append(ln.ports, &port{ln: ln, loop: l, fd: fd})
}

// abandon closes sockets that no loop knows yet.
func (ln *Listener) abandon() {
	for _, p := range ln.ports {
		_ = sysClose(p.fd)
	}
	ln.unlink()
}

func (ln *Listener) unlink() {
	if ln.unix != "" {
		_ = os.Remove(ln.unix)
	}
}

// Addr returns the address that is listened on, with the port the system chose
// when 0 was asked for. Safe to call from any goroutine.
func (ln *Listener) Addr() net.Addr { return ln.addr }

// Close stops accepting. Connections that were accepted go on. When it returns
// the address is free again, unless it was called on a loop, which it can not
// wait for. Closing twice is net.ErrClosed. Safe to call from any goroutine.
func (ln *Listener) Close() error {
	if ln.closed.Swap(true) {
		return net.ErrClosed
	}
	ln.r.forget(ln)
	ln.unlink()
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

func (p *port) open() {
	if p.ended {
		return
	}
	if err := p.loop.attach(p.fd, p); err != nil {
		p.loop.log.Error("reactor: can not watch the listening socket", "addr", p.ln.addr, "err", err)
		p.close()
	}
}

func (p *port) close() {
	if p.ended {
		return
	}
	p.ended = true
	if p.retry != nil {
		p.retry.Stop()
	}
	p.loop.retire(p.fd, &p.gone)
}

func (p *port) drain() { p.close() }

func (p *port) stop() { p.close() }

func (p *port) panicked(*PanicError) { p.again(0) }

// ready accepts what is there.
func (p *port) ready(Events) {
	for n := 0; !p.ended && !p.ln.closed.Load(); n++ {
		if n == acceptBudget {
			p.again(0)
			return
		}
		fd, remote, err := sysAccept(p.fd)
		if err == nil {
			p.backoff = 0
			p.loop.counts.accepted.Add(1)
			p.ln.accept(p.loop, fd, remote)
			continue
		}
		if !p.survive(err) {
			return
		}
	}
}

// survive judges an error of accept and reports whether to try on now.
func (p *port) survive(err error) (tryOn bool) {
	switch err {
	case syscall.EAGAIN:
		return false
	case syscall.EINTR, syscall.ECONNABORTED, syscall.EPROTO:
		p.loop.counts.acceptErrors.Add(1)
		return true // that one connection is lost, not we
	case syscall.EBADF, syscall.EINVAL, syscall.ENOTSOCK, syscall.EOPNOTSUPP:
		p.loop.log.Error("reactor: the listening socket is broken", "addr", p.ln.addr, "err", err)
		p.close()
		return false
	}
	p.loop.counts.acceptErrors.Add(1)
	p.backoff = min(max(2*p.backoff, minBackoff), maxBackoff)
	if now := time.Now(); now.Sub(p.logged) >= time.Second {
		p.logged = now
		p.loop.log.Warn("reactor: accept failed, trying again", "addr", p.ln.addr, "err", err, "after", p.backoff)
	}
	p.again(p.backoff)
	return false
}

// again comes back after d, because no edge may do so.
func (p *port) again(d time.Duration) {
	if p.retry == nil {
		p.retry = p.loop.AfterFunc(d, func() { p.loop.dispatch(p, Readable) })
		return
	}
	p.retry.Reset(d)
}
