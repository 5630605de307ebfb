package reactor

import (
	"context"
	"sync"
	"time"
)

// A Gate is something that happens once and that goroutines and fibers wait
// for. The zero value is closed.
type Gate struct {
	mu      sync.Mutex
	open    bool
	waiters []*Waiter
	done    chan struct{} // closed with the opening; nil: nobody asked
}

// Open opens the gate; opening it again does nothing. Safe to call from any
// goroutine.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open {
		return
	}
	g.open = true
	for _, w := range g.waiters {
		w.Wake() // with mu held: who gives up takes itself off the list first
	}
	g.waiters = nil
	if g.done != nil {
		close(g.done)
	}
}

// IsOpen reports whether Open was called. Safe to call from any goroutine.
func (g *Gate) IsOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// Done returns a channel that is closed when the gate opens. Safe to call from
// any goroutine.
func (g *Gate) Done() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.done == nil {
		g.done = make(chan struct{})
		if g.open {
			close(g.done)
		}
	}
	return g.done
}

// Wait waits until the gate is open. The error is that of Waiter.Wait. Safe to
// call from any goroutine, and from fibers.
func (g *Gate) Wait(ctx context.Context) error {
	g.mu.Lock()
	if g.open {
		g.mu.Unlock()
		return nil
	}
	w := NewWaiter(ctx)
	g.waiters = append(g.waiters, w)
	g.mu.Unlock()
	err := w.Wait(ctx, time.Time{})
	if err != nil {
		g.leave(w)
	}
	w.Free()
	return err
}

func (g *Gate) leave(w *Waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, x := range g.waiters {
		if x == w {
			g.waiters = append(g.waiters[:i], g.waiters[i+1:]...)
			return
		}
	}
}
