package reactor

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrTimeout is the error of a wait that took longer than it may. It is also
// os.ErrDeadlineExceeded and syscall.ETIMEDOUT, and a net.Error whose Timeout
// is true.
var ErrTimeout error = timeoutError{}

type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
func (timeoutError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded || target == error(syscall.ETIMEDOUT) //nolint:errorlint // identities
}

// A Waiter is somebody who waits: a goroutine, which parks, or a fiber, which
// yields to its loop. It is what other packages build their waiting on:
//
//	w := reactor.NewWaiter(ctx)
//	defer w.Free()
//	… make w known to those who will call w.Wake …
//	err := w.Wait(ctx, deadline)
//
// A Wake before the Wait is not lost; several are one.
type Waiter struct {
	fiber *Fiber        // nil: a goroutine
	woken atomic.Bool   // of a fiber
	ch    chan struct{} // of a goroutine; one slot
	timer *time.Timer   // of a goroutine; nil: not yet needed

	// guarded by what the list belongs to
	prev, next *Waiter // among those of a waitList
	served     bool    // it was taken from the list to be woken
	seat       any     // what the one who wakes it hands over, or takes; of a Queue
}

var waiters = sync.Pool{New: func() any { return &Waiter{ch: make(chan struct{}, 1)} }}

// NewWaiter returns a Waiter for the caller: for the fiber that ctx belongs
// to, or else for the goroutine. Safe to call from any goroutine.
func NewWaiter(ctx context.Context) *Waiter {
	w := waiters.Get().(*Waiter)
	w.For(ctx)
	return w
}

// For makes the Waiter one for the caller, as NewWaiter does: it saves a Free
// and a NewWaiter to those who keep it. Every Wake must have been waited for.
// Safe to call from any goroutine.
func (w *Waiter) For(ctx context.Context) { w.fiber = Current(ctx) }

// Free gives the Waiter back. Nobody may call its Wake any more. Must be
// called by the one it was made for.
func (w *Waiter) Free() {
	w.forget()
	w.fiber, w.served, w.seat = nil, false, nil
	waiters.Put(w)
}

// forget undoes a Wake that nobody has waited for.
func (w *Waiter) forget() {
	if w.fiber != nil {
		if w.woken.Load() {
			w.woken.Store(false)
		}
		return
	}
	select {
	case <-w.ch:
	default:
	}
}

// Wake ends the Wait under way, or the next one. A fiber that is woken on its
// own loop goes on at the end of the present callback, without a kick. Safe to
// call from any goroutine.
func (w *Waiter) Wake() {
	if x := w.fiber; x != nil {
		if !w.woken.Swap(true) { // from here on w may be another one's
			x.schedule()
		}
		return
	}
	select {
	case w.ch <- struct{}{}:
	default:
	}
}

// WakeOn is Wake for the loop l, which on a lone processor then lets the
// goroutines that it has woken have their turn. Must be called on the loop.
func (w *Waiter) WakeOn(l *Loop) {
	l.mustOwn("Waiter.WakeOn")
	if w.fiber == nil {
		l.woken++
	}
	w.Wake()
}

// Wait waits for Wake. The error is nil, ErrTimeout when deadline (zero: none)
// passes first, ctx's cause when ctx is done first, or, in a fiber whose loop
// has stopped, ErrStopped. Must be called by the one the Waiter was made for.
func (w *Waiter) Wait(ctx context.Context, deadline time.Time) error {
	if w.fiber != nil {
		return w.waitInFiber(ctx, deadline)
	}
	if deadline.IsZero() {
		if ctx.Done() == nil {
			<-w.ch
			return nil
		}
		select {
		case <-w.ch:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if w.timer == nil {
		w.timer = time.NewTimer(time.Until(deadline))
	} else {
		w.timer.Reset(time.Until(deadline))
	}
	defer w.timer.Stop()
	select {
	case <-w.ch:
		return nil
	case <-w.timer.C:
		return ErrTimeout
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *Waiter) waitInFiber(ctx context.Context, deadline time.Time) error {
	x := w.fiber
	if done := ctx.Done(); done != nil && done != x.ctx.Done() {
		// The fiber's own context wakes it anyway; this is another one.
		defer context.AfterFunc(ctx, x.schedule)()
	}
	for {
		switch {
		case w.woken.Load():
			w.woken.Store(false)
			return nil
		case x.unwound:
			return x.refuse()
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case x.loop.passed(deadline):
			return ErrTimeout
		}
		x.park(deadline)
	}
}

// insist waits for Wake in a fiber, whatever else happens.
func (w *Waiter) insist() {
	for !w.woken.Swap(false) {
		w.fiber.park(time.Time{})
	}
}

// errUnwound is what a fiber panics with that parks after its loop has
// stopped.
var errUnwound = errors.New("reactor: fiber unwound")

// Unwinding reports whether v, which recover has returned, is what unwinds a
// fiber whose loop has stopped: nobody's mistake, and nothing to log.
func Unwinding(v any) bool { return v == any(errUnwound) }

// now is the time by the clock that Wait goes by.
func (w *Waiter) now() time.Time {
	if w.fiber != nil {
		return w.fiber.loop.wall()
	}
	return time.Now()
}
