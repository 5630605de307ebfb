package sockets

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// TestGoroutinesUseTheSocketOfAFiberWhileItRuns has two readers and two writers
// of one socket on goroutines, and another two of each in its fiber and in one
// beside it: who calls while the fiber runs must not be taken for it.
func TestGoroutinesUseTheSocketOfAFiberWhileItRuns(t *testing.T) {
	const each, readers, writers = 2000, 4, 4
	onGoroutine(t, func(t *caseT) {
		srv := &Server{Mode: Fiber, Handler: func(ctx context.Context, s *Socket, _ Addr) {
			var wg sync.WaitGroup
			read := func(s *Socket) {
				for range each {
					if line, err := s.ReadUntil(soon, "\n"); err != nil || len(line) != 8 {
						t.Errorf("read %q, %v", line, err)
						return
					}
				}
			}
			write := func(s *Socket) {
				for i := range each {
					if _, err := fmt.Fprintf(s, "%07d\n", i); err != nil {
						t.Error(err)
						return
					}
				}
			}
			for range 2 {
				wg.Go(func() { read(s) })
				wg.Go(func() { write(s) })
			}
			loop := reactor.Current(ctx).Loop()
			other := func(f func(*Socket)) *reactor.Fiber {
				x, err := loop.Go(ctx, func(ctx context.Context) { f(s.WithContext(ctx)) })
				if err != nil {
					t.Error(err)
				}
				return x
			}
			beside := []*reactor.Fiber{other(read), other(write), other(write)}
			read(s)
			for _, x := range beside {
				_ = x.Wait(ctx)
			}
			reactor.Await(ctx, wg.Wait)
		}}
		t.must(srv.Start(background, "127.0.0.1", "0"))
		t.Cleanup(func() { _ = srv.Shutdown(background) })
		c := t.client(srv)
		done := t.spawn(func(t *caseT) {
			for i := range each * readers {
				if _, err := fmt.Fprintf(c, "%07d\n", i); err != nil {
					t.Error(err)
				}
			}
		})
		counts := map[string]int{}
		for range each * writers {
			line, err := c.ReadUntil(soon, "\n")
			if err != nil {
				t.Fatal(err)
			}
			counts[string(line)]++
		}
		done()
		for i := range each {
			if line := fmt.Sprintf("%07d\n", i); counts[line] != writers {
				t.Fatalf("%q came %d times, want %d", line, counts[line], writers)
			}
		}
	})
}

// TestASocketOutlivesItsFiber uses the socket that a fiber has given away, also
// from the next fiber that runs on the same coroutine.
func TestASocketOutlivesItsFiber(t *testing.T) {
	inFiber(t, func(t *caseT) {
		var s, c *Socket
		first, err := reactor.Current(t.ctx).Loop().Go(background, func(ctx context.Context) {
			c, s = (&caseT{t.TB, ctx}).pair()
		})
		t.must(err)
		t.must(first.Wait(t.ctx))
		second, err := reactor.Current(t.ctx).Loop().Go(background, func(ctx context.Context) {
			s, c := s.WithContext(ctx), c.WithContext(ctx)
			send(t, c, "line\n")
			wantBytes(t, "line\n", nil)(s.ReadUntil(soon, "\n"))
			_, err := s.ReadUntil(short, "\n")
			wantTimeout(t, err)
		})
		t.must(err)
		t.must(second.Wait(t.ctx))
		reactor.Await(t.ctx, func() {
			_, err := s.ReadUntil(short, "\n")
			wantTimeout(t, err)
		})
	})
}

// countedContext counts the waits that are made with it, and never ends.
type countedContext struct {
	context.Context
	waits atomic.Int32
}

func (c *countedContext) Done() <-chan struct{} {
	c.waits.Add(1)
	return nil
}

// TestAReaderIsWokenOnce counts the waits of a reader: one for each line that
// it has to wait for.
func TestAReaderIsWokenOnce(t *testing.T) {
	onGoroutine(t, func(t *caseT) {
		const lines = 200
		c, s := t.pair()
		ctx := &countedContext{Context: background}
		s = s.WithContext(ctx)
		done := t.spawn(func(t *caseT) {
			for range lines {
				wantBytes(t, "line\n", nil)(s.ReadUntil(Forever, "\n"))
			}
		})
		for i := range int32(lines) {
			t.until("the reader waits", func() bool { return ctx.waits.Load() > i })
			send(t, c, "line\n")
		}
		done()
		if n := ctx.waits.Load(); n != lines {
			t.Errorf("%d waits for %d lines", n, lines)
		}
	})
}

// TestWaitingForTheTurnEndsWithTheContext is about a reader behind another.
func TestWaitingForTheTurnEndsWithTheContext(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		_, s := t.pair()
		_, _ = t.during(s, func() {
			ctx, cancel := context.WithCancel(t.ctx)
			time.AfterFunc(short, cancel)
			_, err := s.WithContext(ctx).ReadN(1, Forever)
			wantIs(t, err, context.Canceled)
			_, err = s.ReadN(1, short)
			wantTimeout(t, err)
			_ = s.Close()
		})
	})
}
