package netbox

import (
	"context"
	"slices"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// await returns nil when the answer is there.
func (f *Future) await(ctx context.Context) error {
	if f.state.Load() == answered {
		return nil
	}
	if reactor.Current(ctx) != nil {
		return f.awaitInFiber(ctx)
	}
	if !f.state.CompareAndSwap(pending, awaited) && f.state.Load() == answered {
		return nil
	}
	if ctx.Done() == nil {
		<-f.token
	} else {
		select {
		case <-f.token:
		case <-ctx.Done():
			if !f.Ready() {
				return context.Cause(ctx)
			}
			return nil
		}
	}
	f.token <- struct{}{} // for the next one who waits
	return nil
}

func (f *Future) awaitInFiber(ctx context.Context) error {
	for {
		f.mu.Lock()
		if f.Ready() {
			f.mu.Unlock()
			return nil
		}
		if err := f.nap(ctx); err != nil {
			return err
		}
	}
}

// nap waits for the next push or the answer. It is called with mu held, and
// returns without.
func (f *Future) nap(ctx context.Context) error {
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
func (f *Future) wake(l *reactor.Loop) {
	for i, w := range f.waiters {
		f.waiters[i] = nil
		if l != nil {
			w.WakeOn(l)
		} else {
			w.Wake()
		}
	}
	f.waiters = f.waiters[:0]
}
