package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// TestEveryPostRunsOrSaysNo posts from many goroutines while the reactor stops.
func TestEveryPostRunsOrSaysNo(t *testing.T) {
	for range 10 {
		r := start(t, reactor.Config{Loops: 2})
		var taken, ran atomic.Int64
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for {
					err := r.Loop(g % 2).Post(func() { ran.Add(1) })
					if err != nil {
						if !errors.Is(err, reactor.ErrStopped) {
							t.Errorf("Post returned %v", err)
						}
						return
					}
					taken.Add(1)
					for n := 0; n < 100 && taken.Load()-ran.Load() > 1000; n++ {
						runtime.Gosched() // the loop is behind
					}
				}
			})
		}
		reactortest.Eventually(t, func() bool { return ran.Load() > 1000 }, "tasks to run")
		if err := r.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if taken.Load() != ran.Load() {
			t.Fatalf("%d tasks were taken, %d ran", taken.Load(), ran.Load())
		}
	}
}

// TestWhatWasTakenForWritingLeaves writes from goroutines, while the reactor
// shuts down, to a peer that is slow: every byte that Write took arrives.
func TestWhatWasTakenForWritingLeaves(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	conns := make(chan *reactor.Conn, 4)
	ln := listen(t, r, func(c *reactor.Conn) reactor.Handler {
		conns <- c
		return &handler{}
	})
	var wg, writers sync.WaitGroup
	var taken [4]atomic.Int64
	var arrived [4]int64
	for i := range 4 {
		peer := dial(t, ln)
		c := <-conns
		writers.Go(func() {
			p := bytes.Repeat([]byte{byte(i)}, 10_000)
			for {
				n, err := c.Write(p)
				taken[i].Add(int64(n))
				if err != nil {
					if !errors.Is(err, net.ErrClosed) {
						t.Errorf("Write returned %v", err)
					}
					return
				}
				for c.Queued() > 4<<20 {
					time.Sleep(time.Millisecond) // the peer is behind
				}
			}
		})
		wg.Go(func() {
			p := make([]byte, 64<<10)
			for {
				n, err := peer.Read(p)
				arrived[i] += int64(n)
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Errorf("the peer's read: %v", err)
					}
					return
				}
			}
		})
	}
	reactortest.Eventually(t, func() bool { return r.Stats().BytesOut > 1<<20 }, "the writers to be under way")
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	writers.Wait()
	wg.Wait()
	for i := range taken {
		if taken[i].Load() != arrived[i] {
			t.Errorf("connection %d: %d bytes taken, %d arrived", i, taken[i].Load(), arrived[i])
		}
	}
}

// TestShutdownAmidArrivals connects while the reactor shuts down: it ends, and
// every connection that got a handler gets OnClose.
func TestShutdownAmidArrivals(t *testing.T) {
	for _, cfg := range []reactor.ListenConfig{{}, {ReusePort: true}, {MaxConns: 5}} {
		for range 10 {
			r := start(t, reactor.Config{Loops: 3})
			var opened, closed atomic.Int64
			ln := listenWith(t, r, cfg, func(*reactor.Conn) reactor.Handler {
				opened.Add(1)
				return &handler{close: func(*reactor.Conn, error) { closed.Add(1) }}
			})
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for {
						c, err := net.Dial("tcp", ln.Addr().String())
						if err != nil {
							return
						}
						_ = c.Close()
					}
				})
				wg.Go(func() {
					for {
						c, err := r.Dial(context.Background(), "tcp", ln.Addr().String(), &handler{
							open:  func(*reactor.Conn) { opened.Add(1) },
							close: func(*reactor.Conn, error) { closed.Add(1) },
						})
						if err != nil {
							return
						}
						_ = c.Close()
					}
				})
			}
			reactortest.Eventually(t, func() bool { return opened.Load() > 20 }, "connections")
			ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
			if err := r.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			cancel()
			if opened.Load() != closed.Load() || r.Conns() != 0 {
				t.Errorf("%d connections opened, %d closed, %d left", opened.Load(), closed.Load(), r.Conns())
			}
			wg.Wait()
		}
	}
}
