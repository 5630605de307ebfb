package netbox

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// Pipelining. A request is encoded straight into the link's output under a
// short lock. Whoever finds nobody seeing to the output becomes the flusher.
// A caller that is going to wait flushes itself: it yields once, so that
// others who are ready can add theirs, and then writes until nothing is left.
// A caller that does not wait leaves it to the loop, which is told once.

// send sends a request for somebody who does not wait.
func (c *Conn) send(req *Request) *Future {
	f := c.newRequest(req)
	f.pushes.keep = true
	l := c.live.Load()
	if l == nil {
		f.fail(c.unavailable())
		return f
	}
	switch mustFlush, err := l.put(f, req, false); {
	case err != nil:
		f.fail(err)
	case mustFlush:
		_ = l.loop.Post(l.flushIt)
	}
	return f
}

// do sends a request and waits for its answer, again if it may.
func (c *Conn) do(ctx context.Context, req *Request, use func(Result) error) error {
	err := c.once(ctx, req, use)
	if err != nil && c.opts.Retry.Attempts > 1 {
		return c.retry(ctx, req, use, err)
	}
	return err
}

// once sends a request and waits for its answer.
func (c *Conn) once(ctx context.Context, req *Request, use func(Result) error) error {
	f := c.newRequest(req)
	l := c.live.Load()
	if l == nil {
		return c.doLater(ctx, f, req, use)
	}
	mustFlush, err := l.put(f, req, true)
	if err != nil {
		return c.notSent(ctx, f, req, use, err)
	}
	if mustFlush {
		l.flushFor(ctx)
	}
	return c.finish(ctx, f, req, use)
}

// newRequest returns the future of a request that is made.
func (c *Conn) newRequest(req *Request) *Future {
	f := newFuture()
	if t := c.opts.Trace; t != nil {
		f.span = t.begin(req)
	}
	return f
}

// finish waits for the answer of a request that was sent.
func (c *Conn) finish(ctx context.Context, f *Future, req *Request, use func(Result) error) error {
	if err := f.await(ctx); err != nil {
		return err // the future stays with the loop until its answer comes
	}
	if c.reloading.Load() { // the spaces it may have made are there when it returns
		_, _ = c.machine.wait(ctx, true, StateActive)
	}
	r, err := f.result()
	if err == nil && use != nil {
		err = use(r)
	}
	f.Release()
	return err
}

// notSent goes on with a request that was refused: it waits, if there is
// something to wait for.
func (c *Conn) notSent(ctx context.Context, f *Future, req *Request, use func(Result) error, err error) error {
	if err == errNotNow { //nolint:errorlint // our own value
		return c.doLater(ctx, f, req, use)
	}
	f.fail(err)
	f.Release()
	return err
}

// doLater is once for a connection that is not there, or can not take the request
// now.
func (c *Conn) doLater(ctx context.Context, f *Future, req *Request, use func(Result) error) error {
	for {
		l, err := c.admitted(ctx)
		if err != nil {
			return c.notSent(ctx, f, req, use, err)
		}
		mustFlush, err := l.put(f, req, true)
		switch {
		case err == errNotNow: //nolint:errorlint // our own value
			continue
		case err != nil:
			return c.notSent(ctx, f, req, use, err)
		case mustFlush:
			l.flushFor(ctx)
		}
		return c.finish(ctx, f, req, use)
	}
}

// admitted waits until there is a link that takes requests.
func (c *Conn) admitted(ctx context.Context) (*link, error) {
	state, err := c.machine.wait(ctx, true, StateActive)
	switch {
	case err != nil:
		return nil, c.waitError(err)
	case state != StateActive:
		return nil, c.unavailable()
	}
	l := c.live.Load()
	if l == nil {
		return nil, errNotNow
	}
	if err := l.awaitRoom(ctx); err != nil {
		return nil, c.waitError(err)
	}
	return l, nil
}

// errNotNow is the error of put for requests that can wait until the connection
// is active or has room.
var errNotNow error = text("not now")

// flushFor flushes for a caller that is going to wait: a goroutine after the
// others that are ready, a fiber of the connection's loop at the end of the
// turn, when all fibers that are ready have added theirs.
func (l *link) flushFor(ctx context.Context) {
	if x := reactor.Current(ctx); x != nil && x.Loop() == l.loop {
		x.Loop().Defer(l.flushIt)
		return
	}
	runtime.Gosched()
	l.flush()
}

// put encodes a request into the output and reports whether the caller has to
// see to it that it is flushed. waits tells that the caller can wait: then the
// error may be errNotNow.
func (l *link) put(f *Future, req *Request, waits bool) (mustFlush bool, err error) {
	if req.plain() {
		return l.putPlain(f, req, waits)
	}
	enc, err := req.encoded() // the user's encoders run without the lock
	if err != nil {
		return false, err
	}
	return l.putPlain(f, &enc, waits)
}

func (l *link) putPlain(f *Future, req *Request, waits bool) (mustFlush bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refusal(waits); err != nil {
		return false, err
	}
	if err := l.encode(f, req); err != nil {
		return false, err
	}
	l.weigh()
	mustFlush = !l.flushing
	l.flushing = true
	return mustFlush, nil
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

// press takes note that too much output is queued, or that there is room again.
// Called on the loop.
func (l *link) press(high bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pressed = high
	l.wakeSenders()
}

// wakeSenders wakes those who wait for room, when there is some or never will
// be. Called with mu held.
func (l *link) wakeSenders() {
	if len(l.senders) == 0 || l.pressed && l.err == nil {
		return
	}
	for _, w := range l.senders {
		w.Wake() // who gives up takes itself off the list first
	}
	clear(l.senders)
	l.senders = l.senders[:0]
}

// awaitRoom waits while too much output is queued.
func (l *link) awaitRoom(ctx context.Context) error {
	l.mu.Lock()
	if l.err != nil || !l.pressed && len(l.out) <= l.conn.opts.MaxQueued {
		l.mu.Unlock()
		return nil
	}
	w := reactor.NewWaiter(ctx)
	l.senders = append(l.senders, w)
	l.mu.Unlock()
	err := w.Wait(ctx, time.Time{})
	l.mu.Lock()
	l.senders = slices.DeleteFunc(l.senders, func(x *reactor.Waiter) bool { return x == w })
	l.mu.Unlock()
	w.Free()
	return err
}
