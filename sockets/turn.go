package sockets

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A turn is a lock whose waiters may give up. They get it in the order they
// came. It takes one atomic operation to lock and one to unlock.
//
// count is the holder, if any, and those who wait. Who unlocks and leaves
// somebody behind puts a token into handover, and the lock belongs to whoever
// takes it:
//
//	0 free ── lock ──► 1 held ── lock ──► 2 held, one waits ── unlock ──► 1 token
//
// Whoever gives up and finds nobody else counted knows that the token is for
// him.
type turn struct {
	count    atomic.Int32
	handover chan struct{} // one slot

	napping atomic.Bool // there are fibers to wake
	mu      sync.Mutex
	fibers  []*reactor.Waiter // guarded by mu
}

func (t *turn) init() { t.handover = make(chan struct{}, 1) }

// try takes the turn if it is free.
func (t *turn) try() bool { return t.count.CompareAndSwap(0, 1) }

// lock waits for the turn within the limit; the error is ErrTimeout, or that
// the limit's context is done. It need not look at the socket's deadline nor
// at Close: they end the holder, and then those who wait find out one by one.
func (t *turn) lock(l *limit) error {
	if t.count.Add(1) == 1 {
		return nil
	}
	return t.wait(l)
}

func (t *turn) wait(l *limit) error {
	if l.once() {
		return t.hope()
	}
	ctx := l.where()
	if reactor.Current(ctx) != nil {
		return t.waitInFiber(ctx, l)
	}
	var late <-chan time.Time // never, without a timeout
	if until := l.until(); !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-t.handover:
		return nil
	case <-late:
		return t.giveUp(ErrTimeout)
	case <-ctx.Done():
		return t.giveUp(interrupted(ctx))
	}
}

// hope waits for no more than a moment: most have the turn for less.
func (t *turn) hope() error {
	for range 16 {
		select {
		case <-t.handover:
			return nil
		default:
			runtime.Gosched()
		}
	}
	return t.giveUp(ErrTimeout)
}

// waitInFiber is wait for a fiber, which must not wait for a channel: it sleeps
// until somebody unlocks, and looks whether the token is for it.
func (t *turn) waitInFiber(ctx context.Context, l *limit) error {
	w := reactor.NewWaiter(ctx)
	defer w.Free()
	for {
		t.nap(w)
		select {
		case <-t.handover:
			t.rise(w)
			return nil
		default:
		}
		err := w.Wait(ctx, l.until())
		t.rise(w)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return t.giveUp(interrupted(ctx))
		case errors.Is(err, reactor.ErrStopped):
			return t.giveUp(err)
		default:
			return t.giveUp(ErrTimeout)
		}
	}
}

// nap adds w to the fibers that unlock wakes, and rise takes it off.
func (t *turn) nap(w *reactor.Waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fibers = append(t.fibers, w)
	t.napping.Store(true)
}

func (t *turn) rise(w *reactor.Waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fibers = slices.DeleteFunc(t.fibers, func(x *reactor.Waiter) bool { return x == w })
	t.napping.Store(len(t.fibers) > 0)
}

// giveUp stops waiting because of err, unless the turn has just come.
func (t *turn) giveUp(err error) error {
	for {
		n := t.count.Load()
		if n == 1 {
			<-t.handover
			return nil
		}
		if t.count.CompareAndSwap(n, n-1) {
			return err
		}
	}
}

// unlock gives the turn to the next.
func (t *turn) unlock() {
	if t.count.Add(-1) == 0 {
		return
	}
	t.handover <- struct{}{}
	if t.napping.Load() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, w := range t.fibers {
			w.Wake()
		}
	}
}
