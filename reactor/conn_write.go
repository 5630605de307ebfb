package reactor

import "net"

// Write queues a copy of p. It leaves with everything else that collects
// until the loop comes by: at the end of the callback when called from one,
// and otherwise on a wake-up that is sent once however much is written. From
// 64 KiB on, with nothing queued before it, p is written from the calling
// goroutine, as WriteNow does, and only what the kernel does not take is copied.
// It never blocks and never writes less than all of p; the error is
// net.ErrClosed after Close or when the connection has ended. Safe to call from
// any goroutine.
func (c *Conn) Write(p []byte) (int, error) {
	c.out.mu.Lock()
	if c.out.sealed != nil {
		err := c.out.sealed
		c.out.mu.Unlock()
		return 0, err
	}
	if len(p) >= chunkSize && c.out.size == 0 && !c.out.writing {
		c.written(c.out.direct(c.fd, p))
		return len(p), nil
	}
	c.out.add(p)
	tell := c.out.mustTell()
	c.out.mu.Unlock()
	if tell {
		c.ferry()
	}
	return len(p), nil
}

// Writev queues copies of the buffers, one after the other and with nothing
// between them. Otherwise it is Write. Safe to call from any goroutine.
func (c *Conn) Writev(bufs ...[]byte) (int, error) {
	n := 0
	err := c.Append(func(dst []byte) []byte {
		for _, p := range bufs {
			dst = append(dst, p...)
			n += len(p)
		}
		return dst
	})
	return n, err
}

// Append queues what f appends to the slice it is given, without a copy in
// between. f runs under the connection's output lock: it must be short and
// must not call the connection. Otherwise Append is Write. Safe to call from
// any goroutine.
func (c *Conn) Append(f func(dst []byte) []byte) error {
	tell, err := c.appendLocked(f)
	if tell {
		c.ferry()
	}
	return err
}

func (c *Conn) appendLocked(f func(dst []byte) []byte) (tell bool, err error) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.sealed != nil {
		return false, c.out.sealed
	}
	b := c.out.last()
	before := len(b.B)
	b.B = f(b.B)
	c.out.size += len(b.B) - before
	return c.out.mustTell(), nil
}

// WriteNow writes p from the calling goroutine, without a copy when nothing is
// queued before it, and queues what the kernel does not take. It never blocks.
// It is for callers that have collected a batch themselves. Safe to call from
// any goroutine.
func (c *Conn) WriteNow(p []byte) error {
	c.out.mu.Lock()
	if c.out.sealed != nil {
		err := c.out.sealed
		c.out.mu.Unlock()
		return err
	}
	more, err := c.out.direct(c.fd, p)
	c.written(more, err)
	return nil
}

// Flush writes what is queued from the calling goroutine, unless another one
// is doing so. It never blocks: what the kernel does not take leaves when it
// can. Safe to call from any goroutine.
func (c *Conn) Flush() {
	c.out.mu.Lock()
	if !c.out.begin() {
		c.out.mu.Unlock()
		return
	}
	more, err := c.out.rounds(c.fd)
	c.out.writing = false
	c.written(more, err)
}

// Queued returns how many bytes were accepted for writing and have not been
// taken by the kernel. Safe to call from any goroutine.
func (c *Conn) Queued() int {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.size
}

// Sent returns how many bytes the kernel has taken since the connection was
// established. What is in a system call counts as taken: what lies beyond, of
// a connection that was aborted or has ended, never leaves. It still tells
// after the connection has ended. Safe to call from any goroutine.
func (c *Conn) Sent() uint64 {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.sent + uint64(c.out.underway)
}

// CloseWrite refuses further output and, when what is queued has left, tells
// the peer that no more will come. Reading goes on. Safe to call from any
// goroutine.
func (c *Conn) CloseWrite() error {
	c.out.mu.Lock()
	if c.out.sealed != nil {
		err := c.out.sealed
		c.out.mu.Unlock()
		return err
	}
	c.out.seal(net.ErrClosed)
	c.out.fin = true
	c.out.mu.Unlock()
	c.ferry()
	return nil
}

// written sees to what a writer left behind and lets the output go. Called
// with out.mu held.
func (c *Conn) written(more bool, err error) {
	o := &c.out
	if err != nil && o.broke == nil {
		o.broke = err
	}
	o.level()
	orphan := o.orphan
	o.orphan = false
	call := (more || o.broke != nil || o.crossed || o.settled() || o.sealed != nil && o.size == 0 ||
		o.limited && o.blocked) && o.announce()
	o.mu.Unlock()
	if orphan {
		c.bury()
		return
	}
	if call {
		c.ferry()
	}
}

// boat is a connection as an errand: the loop carries its output.
type boat Conn

// ferry sends the boat: the loop will come for the output. It is called once
// until it has come, which out.told sees to.
func (c *Conn) ferry() {
	_ = c.loop.send((*boat)(c)) // a loop that has stopped has told the handler
}

func (b *boat) run() {
	c := (*Conn)(b)
	defer c.loop.fence(c)
	c.carry()
}

// writable is called on the writable edge.
func (c *Conn) writable() {
	o := &c.out
	o.mu.Lock()
	o.edges++
	o.blocked = false
	idle := o.idle()
	o.mu.Unlock()
	if !idle {
		c.carry()
	}
}

// WantDrain asks for OnDrain when nothing is queued any more, which may be so
// already: whoever stops because of Queued can not know whether the peer is
// slow or the output on its way. Must be called on the loop.
func (c *Conn) WantDrain() {
	c.loop.mustOwn("Conn.WantDrain")
	o := &c.out
	o.mu.Lock()
	o.owed = true
	tell := o.settled() && o.announce()
	o.mu.Unlock()
	if tell {
		c.ferry()
	}
}

// drained tells the handler that the peer has caught up.
func (c *Conn) drained() {
	if h, ok := c.h.(DrainHandler); ok {
		c.cork()
		h.OnDrain(c)
		c.uncork()
	}
}

// carry brings the output to the kernel, from the loop, and ends what is to
// end after it.
func (c *Conn) carry() {
	if c.closed {
		return
	}
	o := &c.out
	o.mu.Lock()
	o.told = false
	o.news.Store(false)
	var more bool
	var err error
	if o.begin() {
		sent := o.sent
		o.byLoop = true
		more, err = o.rounds(c.fd)
		o.writing, o.byLoop = false, false
		if o.sent != sent {
			c.active = c.loop.now
		}
	}
	if err == nil {
		err = o.broke
	}
	o.level()
	crossed, above := o.crossed, o.above
	o.crossed = false
	empty := o.size == 0 && !o.writing
	stuck := o.limited && o.blocked
	fin := empty && o.fin
	o.fin = o.fin && !fin
	drained := o.settled() && err == nil && !c.closing
	o.owed = o.owed && !drained
	o.told = more
	o.mu.Unlock()
	switch {
	case err != nil:
		c.finish(err)
	case c.closing && empty:
		c.finish(c.reason)
	case stuck && !c.closing && c.late():
		c.loop.counts.timeouts.Add(1)
		c.finish(ErrWriteTimeout)
	case fin:
		_ = sysShutdownWrite(c.fd)
	case more:
		c.ferry()
	}
	if drained {
		c.drained()
	}
	if crossed && !c.closed && !c.closing {
		c.pressure(above)
	}
}

// cork holds output back while the loop is in the handler.
func (c *Conn) cork() { c.out.corked.Store(true) }

// uncork lets the output go that collected.
func (c *Conn) uncork() {
	c.out.corked.Store(false)
	if c.out.news.Load() {
		c.carry()
	}
}
