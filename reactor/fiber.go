package reactor

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// A Fiber is blocking-style code on a loop. It runs until it would wait, and
// then yields to its loop, which goes on with others and resumes it when what
// it waits for is there: no scheduler is involved, and no lock is needed
// between the fibers of a loop.
//
//	Go ──► runnable ──resume──► running ──ends──► done
//	          ▲                   │
//	        Wake                yield
//	          └───── parked ◄─────┘
//
// A fiber travels in its context: every call of this module that takes a
// context and may wait yields when the context belongs to a fiber, and parks
// the goroutine when it does not. Code in a fiber that waits otherwise (for a
// mutex, a channel, the disk) stalls its loop; Await is for that. A goroutine
// that a fiber starts may use the fiber's context: it parks.
type Fiber struct {
	// immutable
	loop *Loop
	f    func(ctx context.Context)
	ctx  context.Context // its own: carries the fiber

	goroutine atomic.Uintptr // what it runs on; 0 before it starts and after it ends

	// owned by the loop
	co         *coroutine // nil before it starts and after it ends
	parked     bool
	unwound    bool // the loop has stopped: it waits no more
	refused    int  // waits that have told it so
	timer      *Timer
	prev, next *Fiber // among the fibers of the loop

	queued atomic.Bool // on its way to be resumed

	end Gate
	err error // what it ended with that is no return; set before end opens
}

// fiberContext is the context of a fiber.
type fiberContext struct {
	context.Context
	fiber *Fiber
}

type fiberKey struct{}

// Value finds the fiber under its key, and everything else where it was.
func (c *fiberContext) Value(key any) any {
	if key == (fiberKey{}) {
		return c.fiber
	}
	return c.Context.Value(key)
}

// Current returns the fiber that ctx belongs to, when it is the caller, and nil
// for everybody else: for a goroutine that a fiber has started, for a callback
// of a loop and for another fiber. Safe to call from any goroutine.
func Current(ctx context.Context) *Fiber {
	if x := fiberOf(ctx); x != nil && x.Running() {
		return x
	}
	return nil
}

// fiberOf returns the fiber that ctx belongs to, whoever asks.
func fiberOf(ctx context.Context) *Fiber {
	if c, ok := ctx.(*fiberContext); ok {
		return c.fiber
	}
	x, _ := ctx.Value(fiberKey{}).(*Fiber)
	return x
}

// Go starts f as a fiber of the caller's loop, when ctx is that of the fiber that
// calls, and otherwise of the default reactor. See Reactor.Go. Safe to call from
// any goroutine.
func Go(ctx context.Context, f func(ctx context.Context)) (*Fiber, error) {
	if x := Current(ctx); x != nil {
		return x.loop.Go(ctx, f)
	}
	r, err := Default()
	if err != nil {
		return nil, err
	}
	return r.Go(ctx, f)
}

// Go starts f as a fiber of the loop whose turn it is. ctx is what the fiber's
// own context, which f gets, is made from; when it is done, calls of the fiber
// that wait return its cause. The error is ErrStopped. Safe to call from any
// goroutine.
func (r *Reactor) Go(ctx context.Context, f func(ctx context.Context)) (*Fiber, error) {
	return r.Next().Go(ctx, f)
}

// Go starts f as a fiber of this loop. See Reactor.Go. Safe to call from any
// goroutine.
func (l *Loop) Go(ctx context.Context, f func(ctx context.Context)) (*Fiber, error) {
	x := &Fiber{loop: l, f: f}
	x.ctx = &fiberContext{ctx, x}
	x.queued.Store(true)
	if l.isHere() {
		if l.ended {
			return nil, ErrStopped
		}
		l.runnable.add(x)
		return x, nil
	}
	if err := l.send((*resumption)(x)); err != nil {
		return nil, err
	}
	return x, nil
}

// Context returns a context that belongs to the fiber and is otherwise ctx: for
// a fiber that works for several clients, each with a context of its own. Safe
// to call from any goroutine.
func (x *Fiber) Context(ctx context.Context) context.Context { return &fiberContext{ctx, x} }

// Running reports whether the caller is the fiber itself. Safe to call from any
// goroutine.
func (x *Fiber) Running() bool { return x.goroutine.Load() == self() }

// Loop returns the loop the fiber runs on. Safe to call from any goroutine.
func (x *Fiber) Loop() *Loop { return x.loop }

// Wait waits until the fiber has ended. The error is the *PanicError or the
// ErrGoexit it ended with, ctx's cause, or nil. Safe to call from any goroutine,
// and from fibers.
func (x *Fiber) Wait(ctx context.Context) error {
	if err := x.end.Wait(ctx); err != nil {
		return err
	}
	return x.err
}

// Done returns a channel that is closed when the fiber has ended. Safe to call
// from any goroutine.
func (x *Fiber) Done() <-chan struct{} { return x.end.Done() }

// resumption is a fiber as an errand.
type resumption Fiber

func (r *resumption) run() {
	(*Fiber)(r).resume()
	r.loop.back()
}

// resume runs the fiber until it parks or ends. Called on the loop, which is
// back afterwards.
func (x *Fiber) resume() {
	if x.queued.Load() {
		x.queued.Store(false)
	}
	switch {
	case x.co == nil && !x.end.IsOpen():
		x.loop.begin(x)
	case !x.parked:
		return // it ended, or was woken twice
	}
	x.loop.stall.fiber = x
	x.parked = false
	x.co.resume()
}

// schedule makes the loop resume the fiber: on that loop when the present
// callback is over, without a kick. Safe to call from any goroutine.
func (x *Fiber) schedule() {
	switch {
	case x.queued.Swap(true):
	case x.loop.isHere():
		x.loop.runnable.add(x)
	default:
		_ = x.loop.send((*resumption)(x)) // a loop that has stopped has unwound it
	}
}

// park gives the loop back until the fiber is resumed. Called by the fiber.
func (x *Fiber) park(deadline time.Time) {
	if !deadline.IsZero() {
		d := deadline.Sub(x.loop.wall())
		if x.timer == nil {
			x.timer = x.loop.AfterFunc(d, x.schedule)
		} else {
			x.timer.Reset(d)
		}
		defer x.timer.Stop()
	}
	x.parked = true
	x.co.pause()
}

// maxRefused is how many waits of a fiber may fail after its loop has stopped:
// enough for what cleans up, and an end for what takes no for no answer.
const maxRefused = 100

// refuse is the outcome of a wait after the loop has stopped.
func (x *Fiber) refuse() error {
	if x.refused++; x.refused > maxRefused {
		panic(errUnwound)
	}
	return ErrStopped
}

// main is what runs in the coroutine: f, with its panics caught.
func (x *Fiber) main() {
	returned := false
	defer func() {
		x.err = x.outcome(recover(), returned)
		x.goroutine.Store(0)
		x.end.Open()
	}()
	x.goroutine.Store(self())
	x.loop.owner.take()
	if x.ctx.Done() != nil {
		defer context.AfterFunc(x.ctx, x.schedule)()
	}
	x.f(x.ctx)
	returned = true
}

// outcome returns what Wait tells of a fiber that has ended: v is what it has
// panicked with, and without that it has returned or is in a runtime.Goexit.
// Called while that goes on, so that the stack is the fiber's.
func (x *Fiber) outcome(v any, returned bool) error {
	l := x.loop
	switch {
	case v != nil && Unwinding(v), v == nil && returned:
		return nil
	case v == nil:
		l.log.Error("reactor: fiber called runtime.Goexit", "loop", l.id, "stack", string(debug.Stack()))
		return ErrGoexit
	}
	l.counts.panics.Add(1)
	err := &PanicError{Value: v, Stack: debug.Stack()}
	l.log.Error("reactor: fiber panicked", "loop", l.id, "panic", v, "stack", string(err.Stack))
	return err
}
