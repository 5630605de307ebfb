package reactor_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// listenWith is listen with a configuration.
func listenWith(t testing.TB, r *reactor.Reactor, cfg reactor.ListenConfig, h func(c *reactor.Conn) reactor.Handler) *reactor.Listener {
	t.Helper()
	ln, err := r.Listen("tcp", "127.0.0.1:0", cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func TestAcceptingPausesAtTheLimit(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	ln := listenWith(t, r, reactor.ListenConfig{MaxConns: 3}, echo)
	conns := make([]net.Conn, 5)
	for i := range conns {
		conns[i] = dial(t, ln) // the kernel accepts all of them
		if i < 3 {
			roundTrip(t, conns[i], "served")
		}
	}
	reactortest.Eventually(t, func() bool { return r.Stats().Limited > 0 }, "the listener to meet its limit")
	if n := ln.Conns(); n != 3 {
		t.Errorf("%d connections count, want 3", n)
	}
	for i := range 2 {
		_ = conns[i].Close()
		roundTrip(t, conns[3+i], "one has left")
	}
	for _, c := range conns[2:] {
		_ = c.Close()
	}
	reactortest.Eventually(t, func() bool { return ln.Conns() == 0 }, "all connections to end")
}

func TestTheLimitHoldsForAllLoopsTogether(t *testing.T) {
	for name, cfg := range map[string]reactor.ListenConfig{
		"one acceptor": {MaxConns: 4},
		"SO_REUSEPORT": {MaxConns: 4, ReusePort: true},
		"one at most":  {MaxConns: 1, ReusePort: true},
	} {
		t.Run(name, func(t *testing.T) {
			var open, most atomic.Int64
			ln := listenWith(t, start(t, reactor.Config{Loops: 4}), cfg, func(*reactor.Conn) reactor.Handler {
				n := open.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				return &handler{
					data:  func(c *reactor.Conn, p []byte) int { _, _ = c.Write(p); return len(p) },
					close: func(*reactor.Conn, error) { open.Add(-1) },
				}
			})
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 25 {
						c, err := net.Dial("tcp", ln.Addr().String())
						if err != nil {
							t.Error(err)
							return
						}
						p := []byte("x")
						_, _ = c.Write(p)
						if _, err := io.ReadFull(c, p); err != nil {
							t.Error(err)
						}
						_ = c.Close()
					}
				})
			}
			wg.Wait()
			if n := most.Load(); n > int64(cfg.MaxConns) {
				t.Errorf("%d connections were open at once, want %d at most", n, cfg.MaxConns)
			}
			reactortest.Eventually(t, func() bool { return ln.Conns() == 0 }, "all connections to end")
		})
	}
}

func TestReleaseMakesRoomForListenFunc(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	descs := make(chan *reactor.Desc, 10) // the loop sends each accepted connection
	ln, err := r.ListenFunc("tcp", "127.0.0.1:0", reactor.ListenConfig{MaxConns: 1}, func(l *reactor.Loop, fd int, _ net.Addr) {
		d, err := l.Watch(fd)
		if err != nil {
			t.Error(err)
			return
		}
		descs <- d
	})
	if err != nil {
		t.Fatal(err)
	}
	dial(t, ln)
	dial(t, ln)
	first := <-descs
	reactortest.Eventually(t, func() bool { return r.Stats().Limited == 1 }, "the listener to meet its limit")
	_ = first.Close()
	if len(descs) > 0 {
		t.Error("a connection came before Release")
	}
	ln.Release()
	_ = (<-descs).Close()
	ln.Release()
}

func TestPausedListenerLeavesConnectionsInTheQueue(t *testing.T) {
	for name, cfg := range map[string]reactor.ListenConfig{"one acceptor": {}, "SO_REUSEPORT": {ReusePort: true}} {
		t.Run(name, func(t *testing.T) {
			r := start(t, reactor.Config{Loops: 2})
			ln := listenWith(t, r, cfg, echo)
			roundTrip(t, dial(t, ln), "before")
			ln.Pause()
			waiting := dial(t, ln)
			_, _ = waiting.Write([]byte("w"))
			for i := range r.Loops() { // each has seen the news by then
				done := make(chan struct{})
				_ = r.Loop(i).Post(func() { close(done) })
				<-done
			}
			if n := r.Stats().Accepted; n != 1 {
				t.Errorf("%d connections were accepted, want 1", n)
			}
			ln.Resume()
			if _, err := io.ReadFull(waiting, make([]byte, 1)); err != nil {
				t.Error(err)
			}
			ln.Resume() // once more does no harm
			roundTrip(t, dial(t, ln), "after")
		})
	}
}

func TestConnThatWasTurnedAwayTakesNoOutput(t *testing.T) {
	conns := make(chan *reactor.Conn, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(c *reactor.Conn) reactor.Handler {
		conns <- c
		return nil
	})
	peer := dial(t, ln)
	if p, err := io.ReadAll(peer); len(p) > 0 || err != nil {
		t.Errorf("the peer got %q, %v", p, err)
	}
	c := <-conns
	if err := c.WriteNow([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("WriteNow returned %v", err)
	}
	if err := c.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Close returned %v", err)
	}
}

func TestHandlerMayTurnAConnectionAway(t *testing.T) {
	for name, h := range map[string]func(*reactor.Conn) reactor.Handler{
		"nil":   func(*reactor.Conn) reactor.Handler { return nil },
		"panic": func(*reactor.Conn) reactor.Handler { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, reactor.Config{Loops: 1})
			ln := listenWith(t, r, reactor.ListenConfig{MaxConns: 1}, h)
			for range 3 {
				if n, err := dial(t, ln).Read(make([]byte, 1)); err == nil {
					t.Errorf("read %d bytes", n)
				}
			}
			reactortest.Eventually(t, func() bool { return ln.Conns() == 0 && r.Conns() == 0 }, "no connection to be left")
		})
	}
}
