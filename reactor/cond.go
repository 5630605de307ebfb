package reactor

import (
	"context"
	"sync"
	"time"
)

// A Cond is something that changes again and again, and that fibers and
// goroutines wait for, as with sync.Cond. The zero value is ready to use, and
// must not be copied after that. What happens once is a Gate, and what is handed
// from one to the other a Queue.
//
//	mu.Lock()
//	for !condition() {
//		if err := cond.Wait(ctx, &mu); err != nil { … }
//	}
//	… use it …
//	mu.Unlock()
//
// Fibers of one loop that share something need no lock for it, and none here:
// the Locker is nil.
type Cond struct {
	mu      sync.Mutex
	waiters waitList
}

// Wait unlocks lock, which the caller holds, waits for Signal or Broadcast, and
// locks it again before it returns, with an error as well. A nil lock is none.
// The lock must not be held long elsewhere: a fiber that waits for it stalls its
// loop.
//
// The error is that of Waiter.Wait. Whoever was meant by a Signal gets nil, also
// when ctx is done meanwhile: none is lost. Safe to call from any goroutine, and
// from fibers.
func (c *Cond) Wait(ctx context.Context, lock sync.Locker) (err error) {
	w := NewWaiter(ctx)
	c.mu.Lock()
	c.waiters.push(w)
	c.mu.Unlock()
	if lock != nil {
		lock.Unlock()
		defer lock.Lock()
	}
	defer func() { // also when the fiber is unwound
		c.mu.Lock()
		defer c.mu.Unlock()
		if w.served {
			err = nil
		} else {
			c.waiters.remove(w)
		}
		w.Free()
	}()
	return w.Wait(ctx, time.Time{})
}

// Signal wakes the one that has waited longest, if there is one. The caller may
// hold the lock, and need not. Safe to call from any goroutine.
func (c *Cond) Signal() {
	c.mu.Lock()
	c.waiters.serve()
	c.mu.Unlock()
}

// Broadcast wakes all that wait. The caller may hold the lock, and need not. Safe
// to call from any goroutine.
func (c *Cond) Broadcast() {
	c.mu.Lock()
	for c.waiters.serve() != nil {
	}
	c.mu.Unlock()
}
