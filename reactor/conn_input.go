package reactor

// This file is about input that the handler has not consumed.

// A ReadPressureHandler is a Handler that wants to know when its input piles
// up, because it takes it more slowly than the peer sends.
type ReadPressureHandler interface {
	// OnReadPressure is called with high set when more input is unconsumed
	// than the high watermark, and nothing more is read, and without when
	// there is no more than the low one again. Called by the loop; must not
	// block.
	OnReadPressure(c *Conn, high bool)
}

// SetReadWatermarks bounds the bytes that have arrived and are not consumed.
// Above high nothing more is read, so that the kernel's window stops the peer,
// and the handler's OnReadPressure is called; at low or below, which Discard
// brings about, reading goes on. The last read may exceed high by 256 KiB, and
// Conn.Expect raises it for one frame. Config.MaxUnconsumed does
// not apply then. A high of 0 turns them off, as in the beginning; a low above
// high counts as high. Must be called on the loop.
func (c *Conn) SetReadWatermarks(low, high int) {
	c.loop.mustOwn("Conn.SetReadWatermarks")
	c.readHigh = max(high, 0)
	c.readLow = min(max(low, 0), c.readHigh)
	if !c.lent && !c.closed {
		c.readLevel()
	}
}

// Unread returns how many bytes have arrived and are not consumed, beside
// those that OnData is called with at the moment. Safe to call from any
// goroutine.
func (c *Conn) Unread() int { return int(c.unread.Load()) }

// Peek returns what has arrived and is not consumed, for handlers that do not
// wait for OnData. It is the loop's: valid until the callback or task that asks
// for it returns or calls Discard, and not to be written to. While OnData and
// OnEOF run it is nil: they have it. Must be called on the loop.
func (c *Conn) Peek() []byte {
	c.loop.mustOwn("Conn.Peek")
	if c.tail == nil || c.lent {
		return nil
	}
	p := c.tail.B
	return p[:len(p):len(p)]
}

// Discard consumes the first n bytes of what Peek returns; the others are
// moved, so it is best called once for many frames. It panics when there are
// fewer. Must be called on the loop.
func (c *Conn) Discard(n int) {
	c.loop.mustOwn("Conn.Discard")
	p := c.Peek()
	if n < 0 || n > len(p) {
		panic("reactor: Discard of bytes that are not there")
	}
	if n == 0 {
		return
	}
	c.keep(p[n:])
	c.readLevel()
}

// readLevel compares what is unconsumed with its bounds. Called on the loop
// when that has changed.
func (c *Conn) readLevel() {
	rest := int(c.unread.Load())
	switch {
	case c.full && (c.readHigh == 0 || rest <= c.readLow):
		c.full = false
		c.again()
		c.readPressure(false)
	case c.full || rest < c.need || rest == 0:
	case c.readHigh == 0:
		if rest > c.loop.cfg.MaxUnconsumed && !c.paused && !c.closing {
			c.finish(ErrUnconsumed)
		}
	case rest > c.readHigh:
		c.full = true
		c.loop.counts.readPressures.Add(1)
		c.readPressure(true)
	}
}

// readPressure tells the handler that a watermark was crossed.
func (c *Conn) readPressure(high bool) {
	if h, ok := c.h.(ReadPressureHandler); ok {
		c.cork()
		h.OnReadPressure(c, high)
		c.uncork()
	}
}
