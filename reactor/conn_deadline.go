package reactor

import (
	"os"
	"time"
)

// Reasons a connection ends with when it has taken too long. Each of them is
// also os.ErrDeadlineExceeded, and a net.Error whose Timeout is true.
var (
	// ErrIdleTimeout: nothing came or left for longer than SetIdleTimeout allows.
	ErrIdleTimeout error = deadlineError("reactor: the connection was idle for too long")
	// ErrReadTimeout: the read deadline has passed.
	ErrReadTimeout error = deadlineError("reactor: the peer did not send in time")
	// ErrWriteTimeout: the write deadline has passed with output queued.
	ErrWriteTimeout error = deadlineError("reactor: the peer did not take the output in time")
)

type deadlineError string

func (e deadlineError) Error() string      { return string(e) }
func (deadlineError) Timeout() bool        { return true }
func (deadlineError) Temporary() bool      { return true }
func (deadlineError) Is(target error) bool { return target == os.ErrDeadlineExceeded } //nolint:errorlint // identity

// limits are the times a connection has to keep. One timer serves them all,
// and no read or write touches it: they leave the time in Conn.active or
// output.active, and the timer, when it fires, looks whether it has to come
// again later.
type limits struct {
	timer *Timer
	idle  time.Duration // how long nothing may come or leave; 0: for ever
	read  time.Duration // by the loop's clock; 0: never
	write time.Duration // by the loop's clock; 0: never
}

// SetIdleTimeout ends the connection with ErrIdleTimeout when for d nothing has
// been read from it and nothing of its output was taken, from now on. Zero
// means never, as in the beginning. It is cheap: reading and writing do not
// touch a timer, which fires once in d. Must be called on the loop.
func (c *Conn) SetIdleTimeout(d time.Duration) {
	c.loop.mustOwn("Conn.SetIdleTimeout")
	c.limited().idle = max(d, 0)
	c.active = c.loop.clock()
	c.out.mu.Lock()
	c.out.timed = d > 0
	c.out.mu.Unlock()
	c.armLimits()
}

// SetReadDeadline ends the connection with ErrReadTimeout at t, whatever comes
// until then, unless the deadline is moved before: for an answer, or for a
// whole request of a peer that sends byte by byte. While reading is paused, and
// after the peer's end, it does nothing; ResumeRead makes it hold again. The
// zero time means never. Must be called on the loop.
func (c *Conn) SetReadDeadline(t time.Time) {
	c.loop.mustOwn("Conn.SetReadDeadline")
	c.limited().read = c.loop.at(t)
	c.armLimits()
}

// SetWriteDeadline ends the connection with ErrWriteTimeout at t if output is
// queued then, and after t as soon as the kernel does not take some at once.
// The zero time means never. Must be called on the loop.
func (c *Conn) SetWriteDeadline(t time.Time) {
	c.loop.mustOwn("Conn.SetWriteDeadline")
	c.limited().write = c.loop.at(t)
	c.out.mu.Lock()
	c.out.limited = !t.IsZero()
	c.out.mu.Unlock()
	c.armLimits()
}

// SetDeadline is SetReadDeadline and SetWriteDeadline. Must be called on the
// loop.
func (c *Conn) SetDeadline(t time.Time) {
	c.SetReadDeadline(t)
	c.SetWriteDeadline(t)
}

// at returns t by the loop's clock, and 0 for the zero time.
func (l *Loop) at(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(t.Sub(l.start), 0) + 1
}

// limited returns the limits, made when first asked for.
func (c *Conn) limited() *limits {
	if c.limits == nil {
		c.limits = &limits{}
	}
	return c.limits
}

// nextLimit returns the time of the first of the limits and the reason to end
// with when it has come; 0: there is none.
func (c *Conn) nextLimit(now time.Duration) (first time.Duration, reason error) {
	m := c.limits
	if m.read != 0 && !c.paused && !c.eof {
		first, reason = m.read, ErrReadTimeout
	}
	if m.write != 0 && (first == 0 || m.write < first) && (m.write > now || c.Queued() > 0) {
		first, reason = m.write, ErrWriteTimeout
	}
	if m.idle == 0 {
		return first, reason
	}
	if at := c.lastActive() + m.idle; first == 0 || at < first {
		first, reason = at, ErrIdleTimeout
	}
	return first, reason
}

// lastActive returns when something last came or left.
func (c *Conn) lastActive() time.Duration {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return max(c.active, c.out.active)
}

// armLimits makes the timer come for the first of the limits.
func (c *Conn) armLimits() {
	m := c.limits
	if m == nil || c.closed || c.closing {
		return
	}
	now := c.loop.clock()
	switch first, _ := c.nextLimit(now); {
	case first != 0 && m.timer == nil:
		m.timer = c.loop.AfterFunc(first-now, c.limitReached)
	case first != 0:
		m.timer.Reset(first - now)
	case m.timer != nil:
		m.timer.Stop()
	}
}

// limitReached is called by the timer: a limit was reached, or would have been
// if nothing had come or left since it was armed.
func (c *Conn) limitReached() {
	if c.closed || c.closing {
		return
	}
	if w := c.limits.write; w != 0 && w <= c.loop.clock() {
		c.carry() // what is queued may not have had its chance yet
	}
	if c.closed || c.closing {
		return
	}
	now := c.loop.clock()
	if first, reason := c.nextLimit(now); first != 0 && first <= now {
		c.loop.counts.timeouts.Add(1)
		c.finish(reason)
		return
	}
	c.armLimits()
}

// late reports whether the write deadline has passed.
func (c *Conn) late() bool {
	return c.limits != nil && c.limits.write != 0 && c.limits.write <= c.loop.clock()
}

// dropLimits is called when the connection ends.
func (c *Conn) dropLimits() {
	if c.limits != nil && c.limits.timer != nil {
		c.limits.timer.Stop()
	}
}
