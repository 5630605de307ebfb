//go:build !race && !kharon_debug && (386 || amd64 || arm64)

package reactor_test

import (
	"context"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// The race detector makes pools forget, checks have their price, and so has asking
// who calls where no register tells.
func TestQueueDoesNotAllocate(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	for _, capacity := range []int{0, 8} {
		q, back := reactor.NewQueue[int](capacity), reactor.NewQueue[int](capacity)
		x, err := l.Go(context.Background(), func(ctx context.Context) {
			for v, err := range q.All(ctx) {
				if err != nil || back.Put(ctx, v) != nil {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		goFiber(t, l, func(ctx context.Context) {
			if n := testing.AllocsPerRun(1000, func() {
				_ = q.Put(ctx, 1)
				_, _ = back.Get(ctx)
			}); n != 0 {
				t.Errorf("capacity %d: %v allocations per exchange", capacity, n)
			}
		})
		_ = q.Close()
		_ = x.Wait(context.Background())
	}
}

// TestWaitsOfOneLoopDoNotKick counts the wake-ups of a loop whose fibers are
// busy with each other.
func TestWaitsOfOneLoopDoNotKick(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	const n = 10_000
	goFiber(t, l, func(ctx context.Context) {
		before := l.Stats().Kicks
		for range n {
			_ = reactor.Yield(ctx)
			_ = reactor.Sleep(ctx, 0)
			w := reactor.NewWaiter(ctx)
			_, _ = l.Go(ctx, func(context.Context) { w.Wake() })
			_ = w.Wait(ctx, time.Time{})
			w.Free()
		}
		if kicks := l.Stats().Kicks - before; kicks > n {
			t.Errorf("%d kicks for %d rounds", kicks, n)
		}
	})
}
