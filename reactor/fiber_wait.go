package reactor

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// Sleep waits for d; for none or less it is Yield. In a fiber other fibers and
// sockets of the loop go on meanwhile. The error is ctx's cause, or ErrStopped.
// Safe to call from any goroutine, and from fibers.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return Yield(ctx)
	}
	w := NewWaiter(ctx)
	defer w.Free()
	err := w.Wait(ctx, w.now().Add(d))
	if err == ErrTimeout { //nolint:errorlint // our own value
		return nil
	}
	return err
}

// Yield lets the other fibers of the loop that can go on do so before the
// caller does. Fibers that yield and nothing else share a slice of some 50
// microseconds, and then everything else that is ready on the loop has its
// turn: they can not starve its sockets and timers. On a goroutine Yield is
// runtime.Gosched. The error is ctx's cause, or ErrStopped. Safe to call from
// any goroutine, and from fibers.
func Yield(ctx context.Context) error {
	x := Current(ctx)
	switch {
	case x == nil:
		runtime.Gosched()
	case x.unwound:
		return x.refuse()
	default:
		x.loop.yielded.add(x) // whoever wakes it meanwhile wakes it twice, which does no harm
		x.park(time.Time{})
	}
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// Await runs f, which may block, on a goroutine of the reactor's and yields
// until it has returned: it is always waited for, also when ctx is done. On a
// goroutine it just calls f. A panic in f is one of Await, and so is a
// runtime.Goexit. Safe to call from any goroutine, and from fibers.
func Await(ctx context.Context, f func()) {
	x := Current(ctx)
	if x == nil {
		f()
		return
	}
	w := NewWaiter(x.ctx)
	var failure *PanicError
	returned := false
	x.loop.workers.run(func() {
		defer w.Wake()
		defer func() {
			if v := recover(); v != nil {
				failure = &PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		f()
		returned = true
	})
	w.insist() // if the loop stops meanwhile, f keeps w
	w.Free()
	switch {
	case failure != nil:
		panic(failure)
	case !returned:
		runtime.Goexit()
	}
}
