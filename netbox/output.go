package netbox

import (
	"context"

	"github.com/kharon-net/kharon/reactor"
)

// put encodes a request into the output, returns its future and reports whether
// the caller has to see to it that it is flushed. waits tells that the caller is
// going to wait: then pushes are not kept, and the error may be errNotNow. s is
// nil when the request is not traced.
func (l *link) put(req *Request, s *span, waits bool) (f *Future, mustFlush bool, err error) {
	if req.plain() {
		return l.putPlain(req, s, waits)
	}
	enc, err := req.encoded() // the user's encoders run without the lock
	if err != nil {
		return nil, false, err
	}
	return l.putPlain(&enc, s, waits)
}

func (l *link) putPlain(req *Request, s *span, waits bool) (f *Future, mustFlush bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refusal(waits); err != nil {
		return nil, false, err
	}
	f = l.spares.take()
	if err := l.encode(f, req); err != nil {
		f.give()
		return nil, false, err
	}
	f.pushes.keep = !waits
	if s != nil {
		f.span = s
		f.crowd()
	}
	l.weigh()
	mustFlush = !l.flushing
	l.flushing = true
	return f, mustFlush, nil
}

// refusal is why no request is taken now. Called with mu held.
func (l *link) refusal(waits bool) error {
	switch {
	case l.err != nil:
		return l.refused(waits)
	case l.pressed || len(l.out) > l.conn.opts.MaxQueued:
		if waits {
			return errNotNow
		}
		return ErrQueueFull
	case waits && !l.settled:
		return errNotNow
	}
	return nil
}

// refused is refusal for a link that takes no more. One that will be followed
// by another can be waited for. Called with mu held.
func (l *link) refused(waits bool) error {
	if waits && !l.closing && l.conn.machine.reconnects {
		return errNotNow
	}
	return &ConnError{Peer: l.conn.peer, Err: l.err}
}

// encode gives f a slot and appends the request. Called with mu held.
func (l *link) encode(f *Future, req *Request) error {
	sync, ok := l.slots.take(f)
	if !ok {
		return ErrTooMany
	}
	f.sync = sync
	f.start = l.handed + uint64(len(l.out))
	out, err := req.append(l, sync)
	if err != nil {
		l.slots.release(sync)
		return err
	}
	l.out = out
	l.counts.Requests++
	return nil
}

// tell sends a frame that has no answer, unless the link has ended. Safe to call
// from any goroutine.
func (l *link) tell(frame func(dst []byte) []byte) {
	l.mu.Lock()
	if l.err != nil && !l.leaving {
		l.mu.Unlock()
		return
	}
	l.out = frame(l.out)
	mustFlush := !l.flushing
	l.flushing = true
	l.mu.Unlock()
	if mustFlush {
		_ = l.loop.Post(l.flushIt)
	}
}

// flushFor flushes for a caller that is going to wait: at once when nobody else
// waits on the connection, and otherwise by way of the loop, so that others add
// theirs meanwhile. In a fiber of the connection's loop that is at the end of the
// turn, when all fibers that are ready have added theirs. To yield and then flush
// would do the same for callers on many processors, but on one of them the loop
// would fall asleep in the kernel before the caller had its turn again.
func (l *link) flushFor(ctx context.Context) {
	if x := reactor.Current(ctx); x != nil && x.Loop() == l.loop {
		l.loop.Defer(l.flushIt)
		return
	}
	if l.alone() || l.loop.Post(l.flushIt) != nil {
		l.flush()
	}
}

// alone reports whether a single request is under way.
func (l *link) alone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slots.taken() <= 1
}

// flushRounds is how many times one flusher writes while others add more.
const flushRounds = 16

// flush writes the output until nothing is left. When others add to it all the
// time it leaves the rest to the loop, which looks at its sockets in between.
// Called by the one flusher.
func (l *link) flush() {
	l.mu.Lock()
	for round := 0; len(l.out) > 0 && !l.cut; round++ {
		if round == flushRounds && l.loop.Post(l.flushIt) == nil {
			l.mu.Unlock()
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
