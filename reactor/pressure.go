package reactor

// A PressureHandler is a Handler that wants to know when its output piles up,
// because the peer takes it more slowly than it is produced.
type PressureHandler interface {
	// OnPressure is called with high set when more output is queued than the
	// high watermark, and without when there is no more than the low one
	// again. Called by the loop; must not block.
	OnPressure(c *Conn, high bool)
}

// SetWatermarks sets the bounds, in bytes, of queued output at which the
// handler's OnPressure is called: above high, and at low or below after that.
// They stop nobody: who produces output decides what to do. A high of 0 turns
// them off, as in the beginning; a low above high counts as high. Safe to call
// from any goroutine.
func (c *Conn) SetWatermarks(low, high int) {
	o := &c.out
	o.mu.Lock()
	o.high = max(high, 0)
	o.low = min(max(low, 0), o.high)
	tell := o.mustTell()
	o.mu.Unlock()
	if tell {
		c.ferry()
	}
}

// level compares what is queued with the watermarks. Called with mu held when
// that has changed.
func (o *output) level() {
	switch {
	case !o.above && o.high > 0 && o.size > o.high:
		o.above = true
	case o.above && (o.high == 0 || o.size <= o.low):
		o.above = false
	default:
		return
	}
	o.crossed = true
}

// pressure tells the handler that a watermark was crossed. What was crossed
// there and back meanwhile is not told. Called on the loop.
func (c *Conn) pressure(high bool) {
	h, ok := c.h.(PressureHandler)
	if !ok || high == c.pressed {
		return
	}
	c.pressed = high
	if high {
		c.loop.counts.pressures.Add(1)
	}
	c.cork()
	h.OnPressure(c, high)
	c.uncork()
}
