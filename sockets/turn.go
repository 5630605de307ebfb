package sockets

import (
	"sync/atomic"
	"time"
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
}

func newTurn() turn { return turn{handover: make(chan struct{}, 1)} }

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
	if t.count.Add(-1) > 0 {
		t.handover <- struct{}{}
	}
}
