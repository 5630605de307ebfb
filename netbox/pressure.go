package netbox

import (
	"context"
	"slices"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// press takes note that too much output is queued, or that there is room again.
// Called on the loop.
func (l *link) press(high bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pressed = high
	l.wakeSenders()
}

// wakeSenders wakes those who wait for room, when there is some or never will
// be. Called with mu held.
func (l *link) wakeSenders() {
	if len(l.senders) == 0 || l.pressed && l.err == nil {
		return
	}
	for _, w := range l.senders {
		w.Wake() // who gives up takes itself off the list first
	}
	clear(l.senders)
	l.senders = l.senders[:0]
}

// awaitRoom waits while too much output is queued.
func (l *link) awaitRoom(ctx context.Context) error {
	l.mu.Lock()
	if l.err != nil || !l.pressed && len(l.out) <= l.conn.opts.MaxQueued {
		l.mu.Unlock()
		return nil
	}
	w := reactor.NewWaiter(ctx)
	l.senders = append(l.senders, w)
	l.mu.Unlock()
	err := w.Wait(ctx, time.Time{})
	l.mu.Lock()
	l.senders = slices.DeleteFunc(l.senders, func(x *reactor.Waiter) bool { return x == w })
	l.mu.Unlock()
	w.Free()
	return err
}
