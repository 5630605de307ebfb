package reactor

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Stats is what loops have done since they were started. Counts only grow.
type Stats struct {
	Conns         int           // event-driven connections open now
	Accepted      uint64        // connections taken by listeners
	AcceptErrors  uint64        // failures of accept, those it goes on after included
	BytesIn       uint64        // read by event-driven connections
	BytesOut      uint64        // written by them
	Writes        uint64        // system calls that wrote
	Kicks         uint64        // times a loop was woken for errands, timers or output
	Turns         uint64        // callbacks from the poller
	Timers        uint64        // timers that fired
	Fibers        uint64        // fibers begun
	Pressures     uint64        // times output rose above a high watermark
	ReadPressures uint64        // times unconsumed input rose above one
	Timeouts      uint64        // connections that a deadline or the idle timeout has ended
	Panics        uint64        // panics caught
	Stalls        uint64        // turns longer than Config.StallAfter
	LongestTurn   time.Duration // of all turns
}

// counters are the counts of one loop. Only BytesOut and Writes are added to
// by other goroutines, those that flush.
type counters struct {
	accepted, acceptErrors atomic.Uint64
	bytesIn                atomic.Uint64
	bytesOut, writes       atomic.Uint64
	kicks, turns, timers   atomic.Uint64
	fibers, pressures      atomic.Uint64
	readPressures          atomic.Uint64
	timeouts               atomic.Uint64
	panics, stalls         atomic.Uint64
	longestTurn            atomic.Int64
}

// Stats returns what the loop has done. Safe to call from any goroutine.
func (l *Loop) Stats() Stats {
	c := &l.counts
	return Stats{
		Conns: int(l.conns.Load()), Accepted: c.accepted.Load(), AcceptErrors: c.acceptErrors.Load(),
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(), Writes: c.writes.Load(),
		Kicks: c.kicks.Load(), Turns: c.turns.Load(), Timers: c.timers.Load(), Fibers: c.fibers.Load(),
		Pressures: c.pressures.Load(), ReadPressures: c.readPressures.Load(), Timeouts: c.timeouts.Load(), Panics: c.panics.Load(), Stalls: c.stalls.Load(), LongestTurn: time.Duration(c.longestTurn.Load()),
	}
}

// Stats returns what all loops have done together. Safe to call from any
// goroutine.
func (r *Reactor) Stats() Stats {
	var sum Stats
	for _, l := range r.loops {
		s := l.Stats()
		sum.Conns += s.Conns
		sum.Accepted += s.Accepted
		sum.AcceptErrors += s.AcceptErrors
		sum.BytesIn += s.BytesIn
		sum.BytesOut += s.BytesOut
		sum.Writes += s.Writes
		sum.Kicks += s.Kicks
		sum.Turns += s.Turns
		sum.Timers += s.Timers
		sum.Fibers += s.Fibers
		sum.Pressures += s.Pressures
		sum.ReadPressures += s.ReadPressures
		sum.Timeouts += s.Timeouts
		sum.Panics += s.Panics
		sum.Stalls += s.Stalls
		sum.LongestTurn = max(sum.LongestTurn, s.LongestTurn)
	}
	return sum
}

// turned takes note of a turn that began at the given time of the loop's clock
// and was spent on what.
func (l *Loop) turned(began time.Duration, what any) {
	l.counts.turns.Add(1)
	d := l.clock() - began
	if d <= time.Duration(l.counts.longestTurn.Load()) && d < l.cfg.StallAfter {
		return
	}
	if int64(d) > l.counts.longestTurn.Load() {
		l.counts.longestTurn.Store(int64(d))
	}
	if d >= l.cfg.StallAfter {
		l.counts.stalls.Add(1)
		l.log.Warn("reactor: a handler has stalled its loop", "loop", l.id, "handler", describe(what), "for", d)
	}
}

// describe names what a turn was spent on, for the log.
func describe(what any) string {
	switch s := what.(type) {
	case nil:
		return "a task, a timer or a fiber"
	case *Conn:
		return fmt.Sprintf("%T of the connection from %v", s.h, s.remote)
	case *UDP:
		return fmt.Sprintf("%T of the UDP socket at %v", s.h, s.LocalAddr())
	case *port:
		return fmt.Sprintf("the listener at %v", s.ln.addr)
	}
	return fmt.Sprintf("%T", what)
}
