package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestPostRunsInOrder(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	const n = 10_000
	var got []int
	done := make(chan struct{})
	for i := range n {
		if err := l.Post(func() { got = append(got, i) }); err != nil {
			t.Fatal(err)
		}
	}
	_ = l.Post(func() { close(done) })
	<-done
	for i, v := range got {
		if v != i {
			t.Fatalf("task %d ran in place %d", v, i)
		}
	}
	if len(got) != n {
		t.Errorf("%d of %d tasks ran", len(got), n)
	}
}

func TestPostFromManyGoroutinesLosesNothing(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	var ran atomic.Int64
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 5000 {
				_ = r.Loop(g % 2).Post(func() { ran.Add(1) })
			}
		}()
	}
	wg.Wait()
	reactortest.Eventually(t, func() bool { return ran.Load() == 40_000 }, "40,000 tasks to run")
}

func TestTasksDoNotStarveSockets(t *testing.T) {
	// A task that posts itself again for ever, and beside it an echo.
	r := start(t, reactor.Config{Loops: 1})
	ln := listen(t, r, echo)
	var stop atomic.Bool
	var again func()
	again = func() {
		if !stop.Load() {
			_ = r.Loop(0).Post(again)
			_ = r.Loop(0).Post(func() {})
		}
	}
	_ = r.Loop(0).Post(again)
	defer stop.Store(true)
	c := dial(t, ln)
	for range 100 {
		roundTrip(t, c, "still here")
	}
}

func roundTrip(t testing.TB, c net.Conn, text string) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("got %q, err %v, want %q", got, err, text)
	}
}

// lockedBuffer is a bytes.Buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}

func TestTimersFireInOrderAndOnce(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	fired := make(chan int, 10)
	_ = l.Post(func() {
		for _, i := range []int{5, 1, 4, 2, 3} {
			l.AfterFunc(time.Duration(i)*10*time.Millisecond, func() { fired <- i })
		}
		stopped := l.AfterFunc(15*time.Millisecond, func() { fired <- -1 })
		if !stopped.Stop() || stopped.Stop() {
			t.Error("Stop does not tell whether the timer was armed")
		}
		moved := l.AfterFunc(time.Millisecond, func() { fired <- 6 })
		moved.Reset(60 * time.Millisecond)
		sooner := l.AfterFunc(time.Hour, func() { fired <- 0 })
		sooner.Reset(time.Millisecond)
	})
	for want := range 7 {
		if got := <-fired; got != want {
			t.Fatalf("timer %d fired, want %d", got, want)
		}
	}
}

func TestTimerPanicLeavesTheOthers(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	fired := make(chan bool, 1)
	_ = l.Post(func() {
		l.AfterFunc(time.Millisecond, func() { panic("boom") })
		l.AfterFunc(2*time.Millisecond, func() { fired <- true })
	})
	<-fired
}

func TestShutdownGivesUpWhenTheContextIsDone(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	opened, closed := make(chan bool, 1), make(chan error, 1)
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{
			open: func(c *reactor.Conn) {
				_, _ = c.Write(make([]byte, 64<<20))
				opened <- true
			},
			close: func(_ *reactor.Conn, err error) { closed <- err },
		}
	})
	dial(t, ln) // and never reads
	<-opened
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown returned %v", err)
	}
	if err := <-closed; !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("OnClose got %v", err)
	}
}

func TestDefaultStartsAgainAfterShutdown(t *testing.T) {
	a, err := reactor.Default()
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := reactor.Default(); a != b {
		t.Error("Default made a second reactor")
	}
	_ = a.Close()
	b, err := reactor.Default()
	if err != nil || a == b {
		t.Errorf("Default returned the closed reactor, err %v", err)
	}
	_ = b.Close()
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []reactor.Config{{Loops: -1}, {Loops: 5000}, {FlushTimeout: -1}, {MaxUnconsumed: -1}} {
		if r, err := reactor.New(cfg); err == nil {
			_ = r.Close()
			t.Errorf("New took %+v", cfg)
		}
	}
}

func TestDialFailures(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	ctx := context.Background()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for name, dial := range map[string]func() error{
		"refused":     func() error { _, err := r.Dial(ctx, "tcp", addr, &handler{}); return err },
		"cancelled":   func() error { _, err := r.Dial(cancelled, "tcp", addr, &handler{}); return err },
		"no path":     func() error { _, err := r.Dial(ctx, "unix", "/no/such/socket", &handler{}); return err },
		"bad network": func() error { _, err := r.Dial(ctx, "carrier pigeon", addr, &handler{}); return err },
		"no port":     func() error { _, err := r.Dial(ctx, "tcp", "127.0.0.1", &handler{}); return err },
	} {
		err := dial()
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "dial" {
			t.Errorf("%s: got %v, want a *net.OpError", name, err)
		}
		if name == "no path" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v", name, err)
		}
		if name == "cancelled" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
