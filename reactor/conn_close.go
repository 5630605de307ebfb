package reactor

import (
	"io"
	"net"
)

var errEOF = io.EOF

// Close refuses further output, stops reading and closes the connection when
// what is queued has left, or after Config.FlushTimeout. It does not wait for
// that: OnClose tells. What a peer that is still sending sends is thrown away
// until its kernel has all of the output, for 5 seconds at most: closing before
// would take it away. Closing twice is net.ErrClosed. Safe to call from any
// goroutine.
func (c *Conn) Close() error { return c.end(nil) }

// CloseWith is Close with a reason that OnClose gets: after a last message that
// tells the peer what is wrong with what it has sent. Safe to call from any
// goroutine.
func (c *Conn) CloseWith(reason error) error { return c.end(reason) }

// Abort closes the connection at once, dropping what is queued. OnClose gets
// err. Safe to call from any goroutine.
func (c *Conn) Abort(err error) {
	c.out.mu.Lock()
	c.out.ending.Store(true)
	c.out.drop(net.ErrClosed)
	c.out.mu.Unlock()
	_ = c.loop.Post(func() { c.finish(err) })
}

func (c *Conn) end(reason error) error {
	c.out.mu.Lock()
	ended := c.out.ending.Swap(true)
	c.out.seal(net.ErrClosed)
	c.out.mu.Unlock()
	if ended {
		return net.ErrClosed
	}
	return c.loop.Post(func() { c.shut(reason) })
}

// shut stops reading and finishes when the output has left. Called on the
// loop.
func (c *Conn) shut(reason error) {
	if c.closed || c.closing {
		return
	}
	c.closing = true
	c.reason = reason
	c.out.mu.Lock()
	c.out.ending.Store(true)
	c.out.seal(net.ErrClosed)
	c.out.mu.Unlock()
	c.dropTail()
	c.hearOut()
	c.carry()
	if !c.closed && c.patience == nil {
		c.wait(c.loop.cfg.FlushTimeout)
	}
}

// finish ends the connection now: output that is left is dropped, the
// descriptor retired, the handler told. Called on the loop.
func (c *Conn) finish(reason error) {
	if c.closed {
		return
	}
	c.closed = true
	l := c.loop
	c.out.mu.Lock()
	c.out.ending.Store(true)
	c.out.drop(net.ErrClosed)
	orphan := c.out.writing
	c.out.orphan = orphan
	c.out.mu.Unlock()
	if orphan {
		l.detach(c.fd)
	} else {
		c.retire()
	}
	c.dropTail()
	c.dropLimits()
	if c.patience != nil {
		c.patience.Stop()
	}
	l.conns.Add(-1)
	l.guard(func() { c.h.OnClose(c, reason) })
	c.depart()
}

// abandon ends a connection that never got a handler, so that nobody who was
// given it writes to the next descriptor of its number. Called on the loop.
func (c *Conn) abandon() {
	c.closed = true
	c.out.mu.Lock()
	c.out.ending.Store(true)
	c.out.drop(net.ErrClosed)
	c.out.orphan = c.out.writing
	orphan := c.out.orphan
	c.out.mu.Unlock()
	if !orphan {
		_ = sysClose(c.fd)
	}
}

// bury retires the descriptor of a connection that ended while the calling
// goroutine was writing to it.
func (c *Conn) bury() {
	if c.loop.Post(c.retire) != nil {
		_ = sysClose(c.fd)
	}
}

// retire gives the descriptor back. Called on the loop.
func (c *Conn) retire() {
	if c.lingers.Load() {
		c.loop.retireSlow(c.fd)
		return
	}
	c.loop.retire(c.fd, nil)
}
