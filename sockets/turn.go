package sockets

import (
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

// lock waits for the turn within the limit; the error is ErrTimeout. It need
// not look at the socket's deadline nor at Close: they end the holder, and
// then those who wait find out one by one.
func (t *turn) lock(l *limit) error {
	if t.count.Add(1) == 1 {
		return nil
	}
	return t.wait(l)
}

func (t *turn) wait(l *limit) error {
	if l.once() {
		return t.giveUp()
	}
	if l.ctx != nil {
		return t.waitInFiber(l)
	}
	until := l.until()
	if until.IsZero() {
		<-t.handover
		return nil
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-t.handover:
		return nil
	case <-timer.C:
		return t.giveUp()
	}
}

// waitInFiber is wait for a fiber, which must not wait for a channel: it sleeps
// until somebody unlocks, and looks whether the token is for it.
func (t *turn) waitInFiber(l *limit) error {
	w := reactor.NewWaiter(l.ctx)
	defer w.Free()
	for {
		t.nap(w)
		select {
		case <-t.handover:
			t.rise(w)
			return nil
		default:
		}
		err := w.Wait(l.ctx, l.until())
		t.rise(w)
		if err != nil {
			return t.giveUp()
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

func (t *turn) giveUp() error {
	for {
		n := t.count.Load()
		if n == 1 {
			<-t.handover
			return nil
		}
		if t.count.CompareAndSwap(n, n-1) {
			return ErrTimeout
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
