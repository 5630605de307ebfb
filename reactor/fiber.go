package reactor

import (
	"context"
	"runtime"
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
// mutex, a channel, the disk) stalls its loop; Await is for that.
//
// A fiber must not call runtime.Goexit, which testing.T.FailNow does.
type Fiber struct {
	// immutable
	loop *Loop
	f    func(ctx context.Context)
	ctx  context.Context // its own: carries the fiber

	// owned by the loop
	co         *coroutine // nil before it starts and after it ends
	parked     bool
	unwound    bool // the loop has stopped: it waits no more
	timer      *Timer
	prev, next *Fiber // among the fibers of the loop

	queued    atomic.Bool   // on its way to be resumed
	goroutine atomic.Uint64 // the number of its coroutine's; 0 before it starts

	end Gate
	err error // the panic it ended with; set before end opens
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

// Current returns the fiber that ctx belongs to, or nil. Safe to call from any
// goroutine.
func Current(ctx context.Context) *Fiber {
	if c, ok := ctx.(*fiberContext); ok {
		return c.fiber
	}
	f, _ := ctx.Value(fiberKey{}).(*Fiber)
	return f
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
	if err := l.send((*resumption)(x)); err != nil {
		return nil, err
	}
	return x, nil
}

// Context returns a context that belongs to the fiber and is otherwise ctx: for
// a fiber that works for several clients, each with a context of its own. Safe
// to call from any goroutine.
func (x *Fiber) Context(ctx context.Context) context.Context { return &fiberContext{ctx, x} }

// Running reports whether the fiber is the one that runs on its loop now, so
// that a caller who is no other goroutine may wait in it. Safe to call from
// any goroutine.
func (x *Fiber) Running() bool { return x.loop.running.Load() == x }

// Loop returns the loop the fiber runs on. Safe to call from any goroutine.
func (x *Fiber) Loop() *Loop { return x.loop }

// Wait waits until the fiber has ended. The error is the *PanicError it ended
// with, ctx's cause, or nil. Safe to call from any goroutine, and from fibers.
func (x *Fiber) Wait(ctx context.Context) error {
	if err := x.end.Wait(ctx); err != nil {
		return err
	}
	return x.err
}

// Done returns a channel that is closed when the fiber has ended. Safe to call
// from any goroutine.
func (x *Fiber) Done() <-chan struct{} { return x.end.Done() }

// Sleep waits for d. In a fiber other fibers and sockets of the loop go on
// meanwhile. The error is ctx's cause, or ErrStopped. Safe to call from any
// goroutine, and from fibers.
func Sleep(ctx context.Context, d time.Duration) error {
	w := NewWaiter(ctx)
	defer w.Free()
	err := w.Wait(ctx, time.Now().Add(d))
	if err == ErrTimeout { //nolint:errorlint // our own value
		return nil
	}
	return err
}

// Yield lets everything else that is ready on the loop run before the fiber
// goes on; on a goroutine it is runtime.Gosched. The error is ctx's cause, or
// ErrStopped. Safe to call from any goroutine, and from fibers.
func Yield(ctx context.Context) error {
	x := Current(ctx)
	switch {
	case x == nil:
		runtime.Gosched()
	case x.unwound:
		return ErrStopped
	default:
		x.schedule()
		x.park(time.Time{})
	}
	return context.Cause(ctx)
}

// Await runs f, which may block, on a goroutine of the reactor's and yields
// until it has returned: it is always waited for, also when ctx is done. On a
// goroutine it just calls f. A panic in f is one of Await. Safe to call from
// any goroutine, and from fibers.
func Await(ctx context.Context, f func()) {
	x := Current(ctx)
	if x == nil {
		f()
		return
	}
	w := NewWaiter(x.ctx)
	var failure *PanicError
	x.loop.workers.run(func() {
		defer w.Wake()
		defer func() {
			if v := recover(); v != nil {
				failure = &PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		f()
	})
	w.insist() // if the loop stops meanwhile, f keeps w
	w.Free()
	if failure != nil {
		panic(failure)
	}
}

// resumption is a fiber as an errand.
type resumption Fiber

func (r *resumption) run() { (*Fiber)(r).resume() }

// resume runs the fiber until it parks or ends. Called on the loop.
func (x *Fiber) resume() {
	x.queued.Store(false)
	switch {
	case x.co == nil && !x.end.IsOpen():
		x.loop.begin(x)
	case !x.parked:
		return // it ended, or was woken twice
	}
	x.parked = false
	x.co.resume()
}

// schedule makes the loop resume the fiber. Safe to call from any goroutine.
func (x *Fiber) schedule() {
	if !x.queued.Swap(true) {
		_ = x.loop.send((*resumption)(x)) // a loop that has stopped has unwound it
	}
}

// scheduleHere is schedule for callers on the fiber's own loop: it runs when
// the present callback is over, without a kick.
func (x *Fiber) scheduleHere() {
	if !x.queued.Swap(true) {
		x.loop.runnable = append(x.loop.runnable, x)
	}
}

// park gives the loop back until the fiber is resumed. Called by the fiber.
func (x *Fiber) park(deadline time.Time) {
	if !deadline.IsZero() {
		d := time.Until(deadline)
		if x.timer == nil {
			x.timer = x.loop.AfterFunc(d, x.scheduleHere)
		} else {
			x.timer.Reset(d)
		}
		defer x.timer.Stop()
	}
	x.parked = true
	x.co.pause()
}

// main is what runs in the coroutine: f, with its panics caught.
func (x *Fiber) main() {
	defer func() {
		v := recover()
		if v == nil || Unwinding(v) {
			x.end.Open()
			return
		}
		x.loop.counts.panics.Add(1)
		err := &PanicError{Value: v, Stack: debug.Stack()}
		x.loop.log.Error("reactor: fiber panicked", "loop", x.loop.id, "panic", v, "stack", string(err.Stack))
		x.err = err
		x.end.Open()
	}()
	x.loop.owner.take()
	x.goroutine.Store(x.co.goroutine)
	if x.ctx.Done() != nil {
		defer context.AfterFunc(x.ctx, x.schedule)()
	}
	x.f(x.ctx)
}
