//go:build unix

package reactor_test

import (
	"context"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// TestLoopsWithThreadsOfTheirOwn runs what a loop does: connections, fibers,
// timers and the way to its end.
func TestLoopsWithThreadsOfTheirOwn(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2, LockOSThread: true})
	ln := listen(t, r, echo)
	for range 10 {
		roundTrip(t, dial(t, ln), "hello")
	}
	for i := range r.Loops() {
		goFiber(t, r.Loop(i), func(ctx context.Context) {
			for range 100 {
				if err := reactor.Yield(ctx); err != nil {
					t.Error(err)
				}
			}
			ran := false
			reactor.Await(ctx, func() { ran = true })
			if !ran {
				t.Error("Await did not run its function")
			}
		})
	}
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestCPUNumbersAreChecked(t *testing.T) {
	for _, cpu := range []int{-1, 1024} {
		if r, err := reactor.New(reactor.Config{Loops: 1, CPUs: []int{0, cpu}}); err == nil {
			_ = r.Close()
			t.Errorf("New took CPU %d", cpu)
		}
	}
}
