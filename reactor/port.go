package reactor

import (
	"net"
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

// A port is one listening socket of a Listener, on one loop.
type port struct {
	// immutable
	ln   *Listener
	loop *Loop
	fd   int
	take func(fd int) (int, net.Addr, error) // accept(2)
	gone Gate                                // opened when the socket is closed

	// owned by the loop
	backoff time.Duration // 0: not backing off
	retry   *Timer
	logged  time.Time // when trouble was last logged
	ended   bool
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

// resume goes on after a pause, because no edge may tell of what has come
// meanwhile.
func (p *port) resume() {
	if !p.ended {
		p.loop.dispatch(p, Readable)
	}
}

// ready accepts what is there.
func (p *port) ready(Events) {
	for n := 0; !p.ended && p.ln.accepts(); n++ {
		if n == acceptBudget {
			p.again(0)
			return
		}
		if !p.admit() {
			return // Release will tell
		}
		fd, remote, err := p.take(p.fd)
		if err == nil {
			p.accepted(fd, remote)
			continue
		}
		p.ln.Release()
		if !p.survive(err) {
			return
		}
	}
}

// admit reports whether the limit allows one more connection, which then counts.
func (p *port) admit() bool {
	taken, first := p.ln.quota.take()
	if first {
		p.loop.counts.limited.Add(1)
	}
	return taken
}

// accepted passes a connection on.
func (p *port) accepted(fd int, remote net.Addr) {
	p.backoff = 0
	p.loop.counts.accepted.Add(1)
	if ua, ok := remote.(*net.UnixAddr); ok {
		ua.Net = p.ln.network
	}
	l := p.loop
	if !p.ln.spread {
		l = p.ln.r.place(p.ln.placement, remote)
	}
	p.ln.accept(p.ln, l, fd, remote)
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
		p.loop.counts.acceptErrors.Add(1)
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
		p.retry = p.loop.AfterFunc(d, p.resume)
		return
	}
	p.retry.Reset(d)
}
