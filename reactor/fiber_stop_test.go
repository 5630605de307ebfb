package reactor_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// TestFibersThatNeverEndAreUnwound has fibers that take no for no answer, each
// in another kind of wait.
func TestFibersThatNeverEndAreUnwound(t *testing.T) {
	var gate reactor.Gate
	for name, wait := range map[string]func(ctx context.Context){
		"Yield": func(ctx context.Context) { _ = reactor.Yield(ctx) },
		"Sleep": func(ctx context.Context) { _ = reactor.Sleep(ctx, time.Hour) },
		"Await": func(ctx context.Context) { reactor.Await(ctx, func() {}) },
		"Gate":  func(ctx context.Context) { _ = gate.Wait(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, reactor.Config{Loops: 1})
			var cleaned atomic.Bool
			begun := make(chan bool, 1)
			x, err := r.Go(context.Background(), func(ctx context.Context) {
				defer cleaned.Store(true)
				begun <- true
				for {
					wait(ctx)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			<-begun
			_ = r.Close()
			if !cleaned.Load() {
				t.Error("the fiber was not unwound")
			}
			if err := x.Wait(context.Background()); err != nil {
				t.Errorf("Wait returned %v", err)
			}
		})
	}
}

func TestFibersBegunWhileTheLoopStopsEnd(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	l := r.Loop(0)
	var late, none *reactor.Fiber
	var err error
	waiting := make(chan bool)
	_, _ = l.Go(context.Background(), func(ctx context.Context) {
		close(waiting)
		_ = reactor.Sleep(ctx, time.Hour)
		none, err = l.Go(ctx, func(context.Context) {})
	})
	<-waiting
	_ = l.Post(func() {
		late, _ = l.Go(context.Background(), func(ctx context.Context) { _ = reactor.Sleep(ctx, time.Hour) })
	})
	_ = r.Close()
	if none != nil || !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("Go in a fiber that is unwound: %v", err)
	}
	if err := late.Wait(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestGoexitEndsTheFiberAlone(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	for range 10 {
		cleaned := false
		x, err := l.Go(context.Background(), func(ctx context.Context) {
			defer func() {
				cleaned = reactor.Yield(ctx) == nil // a fiber may still wait where it cleans up
			}()
			_ = reactor.Yield(ctx)
			runtime.Goexit()
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Wait(context.Background()); !errors.Is(err, reactor.ErrGoexit) {
			t.Errorf("Wait returned %v", err)
		}
		if !cleaned {
			t.Error("the fiber's defer did not run to its end")
		}
	}
	goFiber(t, l, func(ctx context.Context) { _ = reactor.Yield(ctx) })
}

func TestGoexitInAwaitIsOneOfTheFiber(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	x, err := l.Go(context.Background(), func(ctx context.Context) {
		reactor.Await(ctx, runtime.Goexit)
		t.Error("Await has returned")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Wait(context.Background()); !errors.Is(err, reactor.ErrGoexit) {
		t.Errorf("Wait returned %v", err)
	}
}

func TestGoStaysOnTheLoop(t *testing.T) {
	r := start(t, reactor.Config{Loops: 3})
	for i := range r.Loops() {
		goFiber(t, r.Loop(i), func(ctx context.Context) {
			x, err := reactor.Go(ctx, func(ctx context.Context) { _ = reactor.Yield(ctx) })
			if err != nil || x.Loop() != r.Loop(i) {
				t.Errorf("a fiber of loop %d began one of another: %v", i, err)
			}
			if err := x.Wait(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	x, err := reactor.Go(context.Background(), func(ctx context.Context) { _ = reactor.Sleep(ctx, time.Millisecond) })
	if err != nil {
		t.Fatal(err)
	}
	if d, _ := reactor.Default(); x.Loop() != d.Loop(x.Loop().ID()) {
		t.Error("a goroutine has begun a fiber elsewhere than on the default reactor")
	}
	if err := x.Wait(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestGoexitInACallback ends the goroutine of a loop in each place it calls
// from: the loop goes on, and loses nothing of what it was about.
func TestGoexitInACallback(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	l := r.Loop(0)
	other := dial(t, listen(t, r, echo))
	closed := make(chan error, 1)
	ran := make(chan string, 10)
	for name, where := range map[string]func(){
		"task":     func() { _ = l.Post(runtime.Goexit) },
		"timer":    func() { _ = l.Post(func() { l.AfterFunc(time.Millisecond, runtime.Goexit) }) },
		"deferred": func() { _ = l.Post(func() { l.Defer(runtime.Goexit); l.Defer(func() { ran <- "the next one" }) }) },
		"OnOpen":   func() { goexitConn(t, r, &handler{open: func(*reactor.Conn) { runtime.Goexit() }}, closed) },
		"OnData": func() {
			goexitConn(t, r, &handler{data: func(*reactor.Conn, []byte) int { runtime.Goexit(); return 0 }}, closed)
		},
	} {
		_ = l.Post(func() { l.AfterFunc(20*time.Millisecond, func() { ran <- "a timer" }) })
		where()
		_ = l.Post(func() { ran <- "a task" })
		want := 2
		if name == "deferred" {
			want = 3
		}
		for range want {
			<-ran
		}
		if name == "OnOpen" || name == "OnData" {
			var p *reactor.PanicError
			if err := <-closed; !errors.As(err, &p) || !errors.Is(err, reactor.ErrGoexit) {
				t.Errorf("%s: OnClose got %v", name, err)
			}
		}
		roundTrip(t, other, "still here after "+name)
	}
}

func goexitConn(t *testing.T, r *reactor.Reactor, h *handler, closed chan error) {
	h.close = func(_ *reactor.Conn, err error) { closed <- err }
	c := dial(t, listen(t, r, func(*reactor.Conn) reactor.Handler { return h }))
	_, _ = io.WriteString(c, "x")
}

func TestYieldingFibersStarveNobody(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	l := r.Loop(0)
	c := dial(t, listen(t, r, echo))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var turns atomic.Int64
	var a, b reactor.Cond
	for _, f := range []func(ctx context.Context) error{
		reactor.Yield,
		reactor.Yield,
		func(ctx context.Context) error { return reactor.Sleep(ctx, 0) },
		func(ctx context.Context) error { a.Signal(); return b.Wait(ctx, nil) }, // they wake each other
		func(ctx context.Context) error { b.Signal(); return a.Wait(ctx, nil) },
		func(ctx context.Context) error { // each begins its successor
			_, err := l.Go(ctx, func(context.Context) {})
			return errors.Join(err, reactor.Yield(ctx))
		},
	} {
		if _, err := l.Go(ctx, func(ctx context.Context) {
			for f(ctx) == nil {
				turns.Add(1)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		roundTrip(t, c, "still here")
	}
	fired := make(chan bool)
	_ = l.Post(func() { l.AfterFunc(time.Millisecond, func() { close(fired) }) })
	<-fired
	before := turns.Load()
	reactortest.Eventually(t, func() bool { return turns.Load() > before+1000 }, "the fibers to go on")
}

func TestFiberWaitsForOneOfAnotherLoop(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	goFiber(t, r.Loop(0), func(ctx context.Context) {
		for range 100 {
			x, err := r.Loop(1).Go(ctx, func(ctx context.Context) {
				_ = reactor.Yield(ctx)
				panic("boom")
			})
			if err != nil {
				t.Error(err)
			}
			var p *reactor.PanicError
			if err := x.Wait(ctx); !errors.As(err, &p) || p.Value != "boom" {
				t.Errorf("Wait returned %v", err)
			}
		}
	})
}

func TestAGoroutineWithTheContextOfAFiberParks(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	goFiber(t, l, func(ctx context.Context) {
		x := reactor.Current(ctx)
		var gate, done reactor.Gate
		go func() {
			defer done.Open()
			if reactor.Current(ctx) != nil || x.Running() {
				t.Error("the goroutine is taken for the fiber")
			}
			if err := gate.Wait(ctx); err != nil {
				t.Error(err)
			}
			if err := reactor.Sleep(ctx, time.Millisecond); err != nil {
				t.Error(err)
			}
			ran := false
			reactor.Await(ctx, func() { ran = true })
			if err := reactor.Yield(ctx); err != nil || !ran {
				t.Error(err, ran)
			}
		}()
		for range 100 {
			_ = reactor.Yield(ctx)
		}
		gate.Open()
		if err := done.Wait(ctx); err != nil || !x.Running() {
			t.Error(err)
		}
	})
}

func TestCoroutinesAreReused(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	goFiber(t, l, func(ctx context.Context) {
		before := 0
		for i := range 2000 {
			x, err := l.Go(ctx, func(ctx context.Context) {
				switch i % 3 {
				case 0:
					panic("boom")
				case 1:
					runtime.Goexit()
				}
			})
			if err != nil {
				t.Error(err)
				return
			}
			_ = x.Wait(ctx)
			if i == 10 {
				before = runtime.NumGoroutine()
			}
		}
		if n := runtime.NumGoroutine(); n > before+2 {
			t.Errorf("%d goroutines after 2000 fibers, %d after 10", n, before)
		}
	})
}

func TestShutdownInAFiberIsRefused(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	goFiber(t, r.Loop(0), func(ctx context.Context) {
		if err := r.Shutdown(ctx); !errors.Is(err, reactor.ErrOnLoop) {
			t.Errorf("got %v", err)
		}
	})
}
