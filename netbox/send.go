package netbox

import (
	"context"

	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor"
)

// Pipelining. A request is encoded straight into the connection's output under
// a short lock. Whoever finds nobody seeing to the output becomes the flusher.
// A caller that is going to wait flushes itself: it yields once, so that
// others who are ready can add theirs, and then writes until nothing is left.
// A caller that does not wait leaves it to the loop, which is told once.

// Send sends a request and does not wait: the answer comes to the future. A
// request that can not be sent has an answered future with the error. Safe to
// call from any goroutine.
func (c *Conn) Send(req Request) *Future {
	f := newFuture()
	f.pushes.keep = true
	if c.put(f, &req) {
		_ = c.rc.Loop().Post(c.flushIt)
	}
	return f
}

// Do sends a request and waits for its answer. Errors are those of Future.Wait.
// Safe to call from any goroutine, and from fibers.
func (c *Conn) Do(ctx context.Context, req Request) (Result, error) {
	var kept Result
	err := c.DoFunc(ctx, req, func(r Result) error {
		var err error
		kept, err = r.clone()
		return err
	})
	return kept, err
}

// DoFunc sends a request, waits for its answer and gives the result to use,
// which may be nil, without a copy: the result is valid until use returns.
// Errors are those of Future.Wait and of use. Safe to call from any goroutine,
// and from fibers.
func (c *Conn) DoFunc(ctx context.Context, req Request, use func(Result) error) error {
	f := newFuture()
	if c.put(f, &req) {
		c.flushFor(ctx)
	}
	if err := f.await(ctx); err != nil {
		return err // the future stays with the loop until its answer comes
	}
	r, err := f.result()
	if err == nil && use != nil {
		err = use(r)
	}
	f.Release()
	return err
}

// flushFor flushes for a caller that is going to wait: at once when nobody else waits on the connection, and otherwise
// by way of the loop, so that others add theirs meanwhile. In a fiber of the connection's loop that is at the end of the
// turn, when all fibers that are ready have added theirs. To yield and then flush would do the same for callers on many
// processors, but on one of them the loop would fall asleep in the kernel before the caller had its turn again.
func (c *Conn) flushFor(ctx context.Context) {
	l := c.rc.Loop()
	if x := reactor.Current(ctx); x != nil && x.Loop() == l {
		l.Defer(c.flushIt)
		return
	}
	if c.alone() || l.Post(c.flushIt) != nil {
		c.flush()
	}
}

// alone reports whether a single request is under way.
func (c *Conn) alone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slots.taken() <= 1
}

func newFuture() *Future { return futures.Get().(*Future) }

// put encodes a request into the output and reports whether the caller has to
// see to it that it is flushed.
func (c *Conn) put(f *Future, req *Request) (mustFlush bool) {
	f.conn = c
	if req.plain() {
		return c.putPlain(f, req)
	}
	enc, err := req.encoded() // the user's encoders run without the lock
	if err != nil {
		f.err = err
		f.answer(nil)
		return false
	}
	return c.putPlain(f, &enc)
}

func (c *Conn) putPlain(f *Future, req *Request) (mustFlush bool) {
	c.mu.Lock()
	err := c.err
	if err != nil {
		err = &ConnError{Peer: c.peer, Err: err}
	} else {
		err = c.encode(f, req)
	}
	if err != nil {
		c.mu.Unlock()
		f.err = err
		f.answer(nil)
		return false
	}
	mustFlush = !c.flushing
	c.flushing = true
	c.mu.Unlock()
	return mustFlush
}

// encode gives f a slot and appends the request. Called with mu held.
func (c *Conn) encode(f *Future, req *Request) error {
	sync, ok := c.slots.take(f)
	if !ok {
		return ErrTooMany
	}
	f.sync = sync
	f.start = c.handed + uint64(len(c.out))
	out, err := req.append(c.out, sync)
	if err != nil {
		c.slots.release(sync)
		return err
	}
	c.out = out
	return nil
}

// flushRounds is how many times one flusher writes while others add more.
const flushRounds = 16

// flush writes the output until nothing is left. When others add to it all the
// time it leaves the rest to the loop, which looks at its sockets in between.
// Called by the one flusher.
func (c *Conn) flush() {
	c.mu.Lock()
	for round := 0; len(c.out) > 0 && c.err == nil; round++ {
		if round == flushRounds && c.rc.Loop().Post(c.flushIt) == nil {
			c.mu.Unlock()
			return
		}
		buf := c.out
		c.out, c.spare = c.spare[:0], nil
		c.handed += uint64(len(buf))
		c.mu.Unlock()
		_ = c.rc.WriteNow(buf) // an error ends the connection, and OnClose tells
		c.mu.Lock()
		if cap(buf) <= 1<<20 {
			c.spare = buf[:0]
		}
	}
	c.flushing = false
	c.mu.Unlock()
}

// clone returns the result with bytes of its own.
func (r *Result) clone() (Result, error) {
	if r.Len() == 0 {
		return Result{}, nil
	}
	raw := msgp.AppendArrayHeader(make([]byte, 0, len(r.Elements())+5), r.Len())
	a, err := msgp.NewArray(append(raw, r.Elements()...))
	return Result{a}, err
}
