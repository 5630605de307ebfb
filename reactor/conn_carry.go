package reactor

// This file is about what carries a connection's output to the kernel.

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
		o.limited && o.blocked.Load()) && o.announce()
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

// writable is called on the writable edge, which comes with most of what can be
// read, too: then nobody waits for it.
func (c *Conn) writable() {
	o := &c.out
	o.edges.Add(1)
	if !o.blocked.Load() {
		return
	}
	o.mu.Lock()
	o.blocked.Store(false)
	o.mu.Unlock()
	c.carry()
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
	stuck := o.limited && o.blocked.Load()
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
		c.flushed()
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
