package netbox

import (
	"context"

	"github.com/kharon-net/kharon/reactor"
)

// A duty is what who has added to the output has to do for it. Somebody always
// sees to output that is there, and only one: the flusher.
type duty uint8

const (
	none  duty = iota // somebody else sees to it
	ask               // ask the loop to flush
	flush             // flush
)

// flushAt is how many bytes are flushed by who adds the last of them, without
// the loop: the server can begin while the others go on. It is some hundred
// requests.
const flushAt = 4 << 10

// duty appoints the caller, or nobody. Usually the loop is asked to flush, so
// that others add theirs meanwhile; it stays asked until it begins, or somebody
// flushes in its place. Who waits, and is the only one, flushes. Called with mu
// held.
func (l *link) duty(waits bool) duty {
	switch {
	case l.asked && len(l.out) >= flushAt:
		l.asked = false
		return flush
	case l.flushing:
		return none
	}
	l.flushing = true
	if waits && l.slots.taken() <= 1 {
		return flush
	}
	l.asked = true
	return ask
}

// see does a duty.
func (l *link) see(d duty) {
	switch d {
	case ask:
		if l.loop.Post(l.flushIt) != nil {
			l.flushAsked()
		}
	case flush:
		l.flush()
	}
}

// seeFor is see for a caller that is going to wait. In a fiber of the
// connection's loop the flush is at the end of the turn, when all fibers that are
// ready have added theirs. To yield and then flush would do the same for callers
// on many processors, but on one of them the loop would fall asleep in the kernel
// before the caller had its turn again.
func (l *link) seeFor(ctx context.Context, d duty) {
	if d == none {
		return
	}
	if x := reactor.Current(ctx); x == nil || x.Loop() != l.loop {
		l.see(d)
		return
	}
	if d == flush {
		l.mu.Lock()
		l.asked = true
		l.mu.Unlock()
	}
	l.loop.Defer(l.flushIt)
}

// flushAsked is flush for the loop, unless somebody else did it in its place.
func (l *link) flushAsked() {
	l.mu.Lock()
	asked := l.asked
	l.asked = false
	l.mu.Unlock()
	if asked {
		l.flush()
	}
}

// flushRounds is how many times one flusher writes while others add more.
const flushRounds = 16

// flush writes the output until nothing is left. When others add to it all the
// time it leaves the rest to the loop, which looks at its sockets in between.
// Called by the one flusher.
func (l *link) flush() {
	l.mu.Lock()
	for round := 0; len(l.out) > 0 && !l.cut; round++ {
		if round == flushRounds {
			l.asked = true
			l.mu.Unlock()
			l.see(ask)
			return
		}
		buf := l.out
		l.out, l.spare = l.spare[:0], nil
		l.handed += uint64(len(buf))
		l.wakeSenders()
		l.mu.Unlock()
		if t := l.conn.opts.Trace; t != nil && t.Sent != nil {
			t.Sent(len(buf))
		}
		_ = l.wire.WriteNow(buf) // an error ends the connection, and ended tells
		l.mu.Lock()
		if cap(buf) <= 1<<20 {
			l.spare = buf[:0]
		}
	}
	l.flushing = false
	closing := l.closing && !l.cut
	l.mu.Unlock()
	if closing {
		l.closeWire()
	}
}
