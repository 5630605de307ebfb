package box

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// call encodes a CALL.
func call(sync uint64, name string, args ...any) []byte {
	b, mark := iproto.BeginFrame(nil)
	b = iproto.AppendRequestHeader(b, iproto.TypeCall, sync, 0)
	b = iproto.AppendCallHead(b, name)
	b = msgp.AppendArrayHeader(b, len(args))
	for _, v := range args {
		b, _ = msgp.AppendValue(b, v)
	}
	return iproto.EndFrame(b, mark)
}

// skipPushes reads pushes of a request and returns how many there were, and what came after them.
func (r *raw) skipPushes(sync uint64) (n int, p reply) {
	r.t.Helper()
	for {
		p = r.take()
		if p.Type != iproto.TypeChunk {
			return n, p
		}
		if p.Sync != sync {
			r.t.Fatalf("push with sync %d, want %d", p.Sync, sync)
		}
		n++
	}
}

func TestInputGoesOnAfterOutputBeyondTheBudget(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(fmt.Sprint("mode ", mode), func(t *testing.T) {
			srv, addr := start(t, Config{Mode: mode, OutputBudget: 1000})
			srv.Func("flood", func(_ context.Context, req *Request) (any, error) {
				for range 100 {
					_ = req.Session().Push("0123456789012345678901234567890123456789")
				}
				return strings.Repeat("x", 5000), nil
			})
			c := dialRaw(t, addr)
			for round := range 100 {
				var out []byte
				for i := range 5 {
					out = append(out, call(uint64(i), "flood")...)
				}
				c.write(append(out, iproto.AppendPing(nil, 99, 0)...))
				for answers := 0; answers < 6; {
					if p := c.take(); p.Type == iproto.TypeOK {
						answers++
					} else if p.Type != iproto.TypeChunk {
						t.Fatalf("round %d: %v", round, p)
					}
				}
			}
		})
	}
}

func TestInputGoesOnWhenTheOutputLeftWithoutEverBlocking(t *testing.T) {
	srv, addr := start(t, Config{OutputBudget: 1000})
	c := dialRaw(t, addr)
	c.expectAlive()
	x := srv.open()[0]
	err := x.conn.Loop().Post(func() {
		// What a handler on another goroutine may do just before the loop reads.
		_, _ = x.conn.Write(bytes.Repeat(iproto.AppendOK(nil, 1, 1), 100))
		x.OnData(nil, nil)
		x.conn.WantDrain()
		x.paused = true
		x.conn.PauseRead()
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		c.expectOK(1)
	}
	c.expectAlive()
}

func TestPushesOfAnInlineHandlerReachAClientThatReads(t *testing.T) {
	_, addr := start(t, Config{Mode: Inline, OutputBudget: 10_000})
	c := dialRaw(t, addr)
	c.write(call(1, "push_n", 2000))
	if n, p := c.skipPushes(1); n != 2000 || p.Type != iproto.TypeOK {
		t.Errorf("%d pushes, then %v", n, p)
	}
}

func TestClientThatDoesNotReadIsBounded(t *testing.T) {
	const budget = 1 << 20
	srv, addr := start(t, Config{OutputBudget: budget})
	message := strings.Repeat("x", 10_000)
	var most atomic.Int64
	full := make(chan error, 1) // the handler sends what ended its pushes
	srv.Func("flood", func(ctx context.Context, req *Request) (any, error) {
		for {
			err := req.Session().Push(message)
			if q := int64(req.session.conn.Queued()); q > most.Load() {
				most.Store(q)
			}
			if err != nil {
				full <- err
				return nil, err
			}
		}
	})
	lazy, busy := dialRaw(t, addr), dialRaw(t, addr)
	lazy.write(call(1, "flood"))
	if err := <-full; !errors.Is(err, ErrOutputFull) {
		t.Errorf("S102: the push ended with %v", err)
	}
	if limit := int64(budget + len(message) + 100); most.Load() > limit {
		t.Errorf("S102: %d bytes were queued, want at most %d", most.Load(), limit)
	}
	lazy.write(call(2, "echo", 7)) // not looked at before the output has left
	for range 100 {
		busy.expectAlive()
	}
	n, p := lazy.skipPushes(1)
	if n < budget/len(message) || p.err(t) == nil {
		t.Errorf("S187: %d pushes, then %v", n, p)
	}
	lazy.expectOK(2)
}

func TestRequestsBeyondMaxInFlightWaitAndAreNotRejected(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 10} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			srv, addr := start(t, Config{MaxInFlight: limit})
			var now, most atomic.Int32
			gate := make(chan struct{}) // closed by the test when the handlers may go on
			srv.Func("wait", func(_ context.Context, req *Request) (any, error) {
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				<-gate
				now.Add(-1)
				return req.Args(), nil
			})
			c := dialRaw(t, addr)
			const requests = 500
			var out []byte
			for i := range requests {
				out = append(out, call(uint64(i), "wait", i)...)
			}
			c.write(out)
			reactortest.Eventually(t, func() bool { return int(now.Load()) == limit }, "%d handlers to run", limit)
			close(gate)
			seen := map[uint64]bool{}
			for range requests {
				p := c.take()
				if p.Type != iproto.TypeOK || seen[p.Sync] {
					t.Fatalf("S181: got %v, seen %v", p, seen[p.Sync])
				}
				seen[p.Sync] = true
			}
			if int(most.Load()) > limit {
				t.Errorf("S181: %d handlers at once, limit %d", most.Load(), limit)
			}
		})
	}
}

func TestBlockedHandlersHoldNobodyUp(t *testing.T) {
	srv, addr := start(t, Config{})
	gate := make(chan struct{}) // closed by the test
	srv.Func("wait", func(context.Context, *Request) (any, error) { <-gate; return "late", nil })
	c := dialRaw(t, addr)
	var out []byte
	for i := range 100 {
		out = append(out, call(uint64(i), "wait")...)
		out = append(out, call(uint64(1000+i), "echo", i)...)
	}
	c.write(out)
	for range 100 {
		if p := c.take(); p.Type != iproto.TypeOK || p.Sync < 1000 {
			t.Fatalf("got %v before the handlers were let go", p)
		}
	}
	close(gate)
	for range 100 {
		if p := c.take(); p.Type != iproto.TypeOK || p.Sync >= 1000 {
			t.Fatalf("got %v", p)
		}
	}
}

func TestWorkersAreLimited(t *testing.T) {
	srv, addr := start(t, Config{Workers: 3})
	var now, most atomic.Int32
	var mu sync.Mutex
	srv.Func("count", func(context.Context, *Request) (any, error) {
		n := now.Add(1)
		mu.Lock()
		most.Store(max(most.Load(), n))
		mu.Unlock()
		now.Add(-1)
		return nil, nil
	})
	c := dialRaw(t, addr)
	for i := range 2000 {
		c.write(call(uint64(i), "count"))
	}
	for range 2000 {
		c.take()
	}
	if most.Load() > 3 {
		t.Errorf("%d handlers at once, limit 3", most.Load())
	}
}
