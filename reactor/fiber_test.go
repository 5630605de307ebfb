package reactor_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// goFiber runs f as a fiber and waits for it.
func goFiber(t testing.TB, l *reactor.Loop, f func(ctx context.Context)) {
	t.Helper()
	x, err := l.Go(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestFibersOfALoopTakeTurns(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	const n, rounds = 50, 200
	counter := 0 // no lock: the loop is one goroutine at a time
	var fibers []*reactor.Fiber
	for range n {
		x, err := l.Go(context.Background(), func(ctx context.Context) {
			for range rounds {
				v := counter
				counter = v + 1
				if err := reactor.Yield(ctx); err != nil {
					t.Error(err)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		fibers = append(fibers, x)
	}
	for _, x := range fibers {
		if err := x.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if counter != n*rounds {
		t.Errorf("counted %d, want %d", counter, n*rounds)
	}
}

func TestFiberSleepsWhileOthersRun(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	ln := listen(t, r, echo)
	goFiber(t, r.Loop(0), func(ctx context.Context) {
		other, err := r.Loop(0).Go(ctx, func(ctx context.Context) { _ = reactor.Sleep(ctx, time.Millisecond) })
		if err != nil {
			t.Error(err)
			return
		}
		if err := reactor.Sleep(ctx, 20*time.Millisecond); err != nil {
			t.Error(err)
		}
		if err := other.Wait(ctx); err != nil {
			t.Error(err)
		}
		reactor.Await(ctx, func() { roundTrip(t, dial(t, ln), "the loop goes on while a fiber awaits") })
	})
}

func TestFiberIsFoundInItsContext(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	if reactor.Current(context.Background()) != nil {
		t.Error("a goroutine has a fiber")
	}
	goFiber(t, l, func(ctx context.Context) {
		type key struct{}
		derived, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
		defer cancel()
		if x := reactor.Current(derived); x == nil || x != reactor.Current(ctx) || x.Loop() != l {
			t.Errorf("found %v", x)
		}
	})
}

func TestFiberWaitsEndWithTheContext(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	boom := errors.New("boom")
	own, cancel := context.WithCancelCause(context.Background())
	got := make(chan error, 2)
	x, err := l.Go(own, func(ctx context.Context) {
		derived, stop := context.WithTimeout(ctx, time.Millisecond)
		defer stop()
		got <- reactor.Sleep(derived, time.Hour)
		got <- reactor.Sleep(ctx, time.Hour)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the derived context's wait returned %v", err)
	}
	cancel(boom)
	if err := <-got; !errors.Is(err, boom) {
		t.Errorf("the fiber's wait returned %v", err)
	}
	_ = x.Wait(context.Background())
}

func TestFiberPanicIsReportedAndContained(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	x, err := l.Go(context.Background(), func(ctx context.Context) {
		_ = reactor.Yield(ctx)
		panic("boom")
	})
	if err != nil {
		t.Fatal(err)
	}
	var p *reactor.PanicError
	if err := x.Wait(context.Background()); !errors.As(err, &p) || p.Value != "boom" {
		t.Errorf("Wait returned %v", err)
	}
	goFiber(t, l, func(ctx context.Context) { _ = reactor.Yield(ctx) })
}

func TestAwaitPassesAPanicOn(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	x, _ := l.Go(context.Background(), func(ctx context.Context) {
		reactor.Await(ctx, func() { panic("boom") })
	})
	var p *reactor.PanicError
	if err := x.Wait(context.Background()); !errors.As(err, &p) {
		t.Errorf("Wait returned %v", err)
	}
}

func TestFibersAreUnwoundWhenTheLoopStops(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	var cleaned atomic.Int32
	waiting := make(chan bool, 3)
	sleep := func(ctx context.Context) error {
		waiting <- true
		return reactor.Sleep(ctx, time.Hour)
	}
	for _, f := range []func(ctx context.Context){
		func(ctx context.Context) {
			if err := sleep(ctx); !errors.Is(err, reactor.ErrStopped) {
				t.Errorf("a polite fiber got %v", err)
			}
		},
		func(ctx context.Context) {
			_ = sleep(ctx)
			for { // does not take no for an answer
				reactor.Await(ctx, func() {})
			}
		},
	} {
		if _, err := r.Loop(0).Go(context.Background(), func(ctx context.Context) {
			defer cleaned.Add(1)
			f(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		<-waiting
	}
	_ = r.Close()
	if n := cleaned.Load(); n != 2 {
		t.Errorf("%d of 2 fibers were unwound", n)
	}
}

func TestShutdownWaitsForFibers(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	var done atomic.Bool
	begun := make(chan bool)
	if _, err := r.Go(context.Background(), func(ctx context.Context) {
		close(begun)
		_ = reactor.Sleep(ctx, 20*time.Millisecond)
		done.Store(true)
	}); err != nil {
		t.Fatal(err)
	}
	<-begun
	if err := r.Shutdown(context.Background()); err != nil || !done.Load() {
		t.Errorf("Shutdown returned %v before the fiber had ended", err)
	}
	if _, err := r.Go(context.Background(), func(context.Context) {}); !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("Go afterwards returned %v", err)
	}
}

func BenchmarkFiberStart(b *testing.B) {
	l := start(b, reactor.Config{Loops: 1}).Loop(0)
	b.ReportAllocs()
	var last *reactor.Fiber
	for range b.N {
		last, _ = l.Go(context.Background(), func(context.Context) {})
	}
	_ = last.Wait(context.Background())
}

func BenchmarkFiberYield(b *testing.B) {
	l := start(b, reactor.Config{Loops: 1}).Loop(0)
	b.ReportAllocs()
	var fibers []*reactor.Fiber
	for range 10 {
		x, _ := l.Go(context.Background(), func(ctx context.Context) {
			for range b.N / 10 {
				_ = reactor.Yield(ctx)
			}
		})
		fibers = append(fibers, x)
	}
	for _, x := range fibers {
		_ = x.Wait(context.Background())
	}
}

// BenchmarkCoroutine is what ten coroutines without a loop around them cost that
// take turns: the control of BenchmarkFiberYield.
func BenchmarkCoroutine(b *testing.B) {
	var next [10]func() (struct{}, bool)
	for i := range next {
		var stop func()
		next[i], stop = iter.Pull(func(yield func(struct{}) bool) {
			for yield(struct{}{}) {
			}
		})
		defer stop()
	}
	for range b.N / len(next) {
		for _, f := range next {
			f()
		}
	}
}
