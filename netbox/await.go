package netbox

import (
	"context"
	"slices"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// await returns nil when the answer is there.
func (f *Future) await(ctx context.Context) error {
	for !f.Ready() {
		f.mu.Lock()
		if err := f.nap(ctx); err != nil {
			return err
		}
	}
	return nil
}

// awaitAlone is await for the one who made the future and has shown it to nobody:
// there is no list, and no lock.
func (f *Future) awaitAlone(ctx context.Context) error {
	if f.Ready() {
		return nil
	}
	if f.waiter == nil {
		f.waiter = reactor.NewWaiter(ctx)
	} else {
		f.waiter.For(ctx)
	}
	if !f.state.CompareAndSwap(pending, awaited) {
		return f.await(ctx)
	}
	err := f.waiter.Wait(ctx, time.Time{})
	if err == nil || f.state.CompareAndSwap(awaited, abandoned) {
		return err
	}
	f.lasting = true // the answer has come as well, and with it a Wake that is under way
	return nil
}

// nap waits for the next push or the answer. It is called with mu held, and
// returns without.
func (f *Future) nap(ctx context.Context) error {
	if f.crowd() {
		f.mu.Unlock()
		return nil
	}
	w := reactor.NewWaiter(ctx)
	defer w.Free()
	f.waiters = append(f.waiters, w)
	f.mu.Unlock()
	err := w.Wait(ctx, time.Time{})
	if err != nil {
		f.mu.Lock()
		f.waiters = slices.DeleteFunc(f.waiters, func(x *reactor.Waiter) bool { return x == w })
		f.mu.Unlock()
	}
	return err
}

// wake ends the naps. Called with mu held: who gives up takes itself off the
// list first.
func (f *Future) wake() {
	for i, w := range f.waiters {
		f.waiters[i] = nil
		w.Wake()
	}
	f.waiters = f.waiters[:0]
}
