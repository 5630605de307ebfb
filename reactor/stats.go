package reactor

import (
	"iter"
	"sync/atomic"
	"time"
)

// Stats is what loops have done since they were started. Counts only grow;
// Conns is how many there are now, LiveFibers and ArmedTimers how many there
// were at the end of the last turn. What is read and written on a Desc by
// others is not counted.
type Stats struct {
	Conns         int           // event-driven connections open now
	Accepted      uint64        // connections taken by listeners
	AcceptErrors  uint64        // failures of accept, those it goes on after included
	Limited       uint64        // times a listener stopped at its ListenConfig.MaxConns
	BytesIn       uint64        // read by event-driven connections
	BytesOut      uint64        // written by them
	DatagramsIn   uint64        // received by UDP sockets
	DatagramsOut  uint64        // sent by them
	Reads         uint64        // system calls that read, of both, also when there was nothing
	Writes        uint64        // system calls that wrote, of both
	Kicks         uint64        // times a loop was woken for errands, timers or output
	Turns         uint64        // callbacks from the poller
	Timers        uint64        // timers that fired
	ArmedTimers   int           // timers that will fire
	Fibers        uint64        // fibers begun
	LiveFibers    int           // fibers that have not ended
	Pressures     uint64        // times output rose above a high watermark
	ReadPressures uint64        // times unconsumed input rose above one
	Timeouts      uint64        // connections that a deadline or the idle timeout has ended
	Panics        uint64        // panics caught
	Stalls        uint64        // turns longer than Config.StallAfter
	LongestTurn   time.Duration // of all turns
}

// add adds what another loop has done.
func (s *Stats) add(o Stats) {
	s.Conns += o.Conns
	s.Accepted += o.Accepted
	s.AcceptErrors += o.AcceptErrors
	s.Limited += o.Limited
	s.BytesIn += o.BytesIn
	s.BytesOut += o.BytesOut
	s.DatagramsIn += o.DatagramsIn
	s.DatagramsOut += o.DatagramsOut
	s.Reads += o.Reads
	s.Writes += o.Writes
	s.Kicks += o.Kicks
	s.Turns += o.Turns
	s.Timers += o.Timers
	s.ArmedTimers += o.ArmedTimers
	s.Fibers += o.Fibers
	s.LiveFibers += o.LiveFibers
	s.Pressures += o.Pressures
	s.ReadPressures += o.ReadPressures
	s.Timeouts += o.Timeouts
	s.Panics += o.Panics
	s.Stalls += o.Stalls
	s.LongestTurn = max(s.LongestTurn, o.LongestTurn)
}

// counters are the counts of one loop. Only those of output are added to by
// other goroutines, those that flush; all may read them.
type counters struct {
	accepted, acceptErrors atomic.Uint64
	limited                atomic.Uint64
	bytesIn, reads         atomic.Uint64
	bytesOut, writes       atomic.Uint64
	datagramsIn            atomic.Uint64
	datagramsOut           atomic.Uint64
	kicks, turns, timers   atomic.Uint64
	fibers, pressures      atomic.Uint64
	readPressures          atomic.Uint64
	timeouts               atomic.Uint64
	panics, stalls         atomic.Uint64
	armed, liveFibers      atomic.Int64
	longestTurn            atomic.Int64
}

// publish makes known what the loop counts for itself.
func (l *Loop) publish() {
	c := &l.counts
	if n := int64(len(l.timers.heap) - l.timers.dead); n != c.armed.Load() {
		c.armed.Store(n)
	}
	if n := int64(l.fiberCount); n != c.liveFibers.Load() {
		c.liveFibers.Store(n)
	}
}

// sent takes note of a system call that sent n datagrams.
func (c *counters) sent(n int) {
	c.writes.Add(1)
	c.datagramsOut.Add(uint64(n))
}

// Stats returns what the loop has done. It allocates nothing and disturbs
// nobody. Safe to call from any goroutine.
func (l *Loop) Stats() Stats {
	c := &l.counts
	return Stats{
		Conns:         int(l.conns.Load()),
		Accepted:      c.accepted.Load(),
		AcceptErrors:  c.acceptErrors.Load(),
		Limited:       c.limited.Load(),
		BytesIn:       c.bytesIn.Load(),
		BytesOut:      c.bytesOut.Load(),
		DatagramsIn:   c.datagramsIn.Load(),
		DatagramsOut:  c.datagramsOut.Load(),
		Reads:         c.reads.Load(),
		Writes:        c.writes.Load(),
		Kicks:         c.kicks.Load(),
		Turns:         c.turns.Load(),
		Timers:        c.timers.Load(),
		ArmedTimers:   int(c.armed.Load()),
		Fibers:        c.fibers.Load(),
		LiveFibers:    int(c.liveFibers.Load()),
		Pressures:     c.pressures.Load(),
		ReadPressures: c.readPressures.Load(),
		Timeouts:      c.timeouts.Load(),
		Panics:        c.panics.Load(),
		Stalls:        c.stalls.Load(),
		LongestTurn:   time.Duration(c.longestTurn.Load()),
	}
}

// Stats returns what all loops have done together. It allocates nothing and
// disturbs nobody. Safe to call from any goroutine.
func (r *Reactor) Stats() Stats {
	var sum Stats
	for _, l := range r.loops {
		sum.add(l.Stats())
	}
	return sum
}

// LoopStats iterates over the loops and what each has done. Safe to call from
// any goroutine.
func (r *Reactor) LoopStats() iter.Seq2[*Loop, Stats] {
	return func(yield func(*Loop, Stats) bool) {
		for _, l := range r.loops {
			if !yield(l, l.Stats()) {
				return
			}
		}
	}
}
