package box

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestNoPushFollowsTheAnswer(t *testing.T) {
	for _, policy := range []SlowReader{Fail, Block, DropOldest} {
		t.Run(policy.String(), func(t *testing.T) {
			allModes(t, func(t *testing.T, srv *Server, c *raw) {
				const requests, pushers = 300, 4
				var accepted, live atomic.Int64
				srv.Func("leak", func(_ context.Context, req *Request) (any, error) {
					s := req.Session().With(policy)
					for i := range pushers {
						live.Add(1)
						go func() { // goes on when the handler has returned
							defer live.Add(-1)
							for {
								n, err := PushAll(context.Background(), s, slices.Values(make([]int, i)))
								if i == 0 {
									if err = s.PushContext(context.Background(), "x"); err == nil {
										n = 1
									}
								}
								accepted.Add(int64(n)) // PushAll may end in the middle
								switch {
								case err == nil:
								case errors.Is(err, ErrRequestDone):
									return
								default:
									t.Error(err)
									return
								}
							}
						}()
					}
					return nil, nil
				})
				seen := int64(0)
				done := map[uint64]bool{}
				for i := range uint64(requests) {
					c.write(call(i, "leak"))
					for !done[i] {
						p := c.take()
						switch {
						case p.Type == iproto.TypeOK:
							done[p.Sync] = true
						case done[p.Sync]:
							t.Fatalf("a push of request %d after its answer", p.Sync)
						default:
							seen++
						}
					}
				}
				reactortest.Eventually(t, func() bool { return live.Load() == 0 }, "the pushers to end")
				c.expectAlive()
				if seen != accepted.Load() {
					t.Errorf("%d pushes came, %d were taken", seen, accepted.Load())
				}
			})
		})
	}
}

func TestPushTo(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber} {
		t.Run(mode.String(), func(t *testing.T) {
			srv, addr := start(t, Config{Mode: mode})
			gate := make(chan struct{}) // closed by the test
			srv.FuncWith(FuncOptions{Mode: Goroutine}, "poll", func(context.Context, *Request) (any, error) { <-gate; return nil, nil })
			srv.Func("post", func(_ context.Context, req *Request) (any, error) {
				return nil, req.Session().PushTo(uint64(req.Args().Int(0)), req.Args().Int(1))
			})
			c, other := dialRaw(t, addr), dialRaw(t, addr)
			c.write(append(call(100, "poll"), call(101, "poll")...))
			for i := range uint64(50) {
				c.write(call(i, "post", int(100+i%2), int(i)))
				p := c.take()
				v, _, err := iproto.ParseChunk(p.body)
				if p.Type != iproto.TypeChunk || p.Sync != 100+i%2 || err != nil || v[0] != byte(i) {
					t.Fatalf("push %d: %v", i, p)
				}
				c.expectOK(i)
			}
			c.write(call(7, "post", 7, 1)) // itself
			if p := c.take(); p.Type != iproto.TypeChunk || p.Sync != 7 {
				t.Errorf("got %v", p)
			}
			c.expectOK(7)
			c.write(call(8, "post", 4711, 1))
			c.expectError(8, iproto.CodeProcLua, ErrRequestDone.Error())
			other.write(call(8, "post", 100, 1)) // of another session
			other.expectError(8, iproto.CodeProcLua, ErrRequestDone.Error())
			close(gate)
			for range 2 {
				c.take()
			}
			c.write(call(9, "post", 100, 1))
			c.expectError(9, iproto.CodeProcLua, ErrRequestDone.Error())
		})
	}
}

func TestTheRequestsUnderWayAreForgotten(t *testing.T) {
	srv, addr := start(t, Config{})
	c := dialRaw(t, addr)
	for i := range uint64(1000) {
		c.write(call(i, "nop"))
		c.expectOK(i)
	}
	x := srv.open()[0]
	x.underway.mu.Lock()
	defer x.underway.mu.Unlock()
	if n := len(x.underway.list); n > 16 {
		t.Errorf("%d requests are remembered", n)
	}
}

// flood makes the server push until the policy stops it. It returns how many pushes were taken and the last error.
func flood(t *testing.T, srv *Server, c *raw, policy SlowReader, size, most int) (taken int, err error) {
	t.Helper()
	type end struct {
		taken int
		err   error
	}
	ended := make(chan end, 1) // the handler sends
	message := strings.Repeat("x", size)
	srv.FuncWith(FuncOptions{SlowReader: policy}, "flood", func(_ context.Context, req *Request) (any, error) {
		e := end{}
		for e.taken < most && e.err == nil {
			if e.err = req.Session().Push(message); e.err == nil {
				e.taken++
			}
		}
		ended <- e
		return nil, e.err
	})
	c.write(call(1, "flood"))
	e := <-ended
	return e.taken, e.err
}

func TestS102ManyPushersKeepTheBudgetExactly(t *testing.T) {
	const budget, size, pushers = 100_000, 1000, 8
	for _, policy := range []SlowReader{Fail, Block, DropOldest} {
		t.Run(policy.String(), func(t *testing.T) {
			srv, addr := start(t, Config{OutputBudget: budget, SlowReader: policy})
			stop := make(chan struct{}) // closed by the test
			var most, taken atomic.Int64
			srv.Func("flood", func(ctx context.Context, req *Request) (any, error) {
				message := strings.Repeat("x", size)
				var wg sync.WaitGroup
				x := req.session
				for range pushers {
					wg.Go(func() {
						for {
							select {
							case <-stop:
								return
							default:
							}
							if req.Session().Push(message) == nil {
								taken.Add(1)
							}
							x.outbox.mu.Lock()
							n := int64(x.conn.Queued() + x.outbox.size)
							x.outbox.mu.Unlock()
							for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
							}
						}
					})
				}
				wg.Wait()
				return nil, nil
			})
			lazy, busy := dialRaw(t, addr), dialRaw(t, addr)
			lazy.write(call(1, "flood"))
			reactortest.Eventually(t, func() bool { return most.Load() > budget*9/10 }, "the budget to be used")
			for range 200 {
				busy.expectAlive()
			}
			close(stop)
			n, p := lazy.skipPushes(1)
			if p.Type != iproto.TypeOK {
				t.Errorf("after %d pushes: %v", n, p)
			}
			if most.Load() > budget {
				t.Errorf("%d bytes waited, the budget is %d", most.Load(), budget)
			}
			dropped := int64(srv.Stats().PushesDropped)
			if int64(n)+dropped != taken.Load() {
				t.Errorf("%d pushes came, %d were dropped, %d were taken", n, dropped, taken.Load())
			}
			if (policy == DropOldest) != (dropped > 0) {
				t.Errorf("%d pushes were dropped", dropped)
			}
		})
	}
}

func TestBlockedPushesGoOnWhenTheClientReads(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber} {
		t.Run(mode.String(), func(t *testing.T) {
			const pushes, size = 2000, 10_000
			srv, addr := start(t, Config{Mode: mode, OutputBudget: 50_000, SlowReader: Block})
			message := make([]byte, size)
			srv.Func("flood", func(_ context.Context, req *Request) (any, error) {
				for i := range pushes {
					if err := req.Session().Push([]any{i, message}); err != nil {
						return nil, err
					}
				}
				return nil, nil
			})
			c := dialRaw(t, addr)
			c.write(call(1, "flood"))
			for i := range pushes {
				p := c.take()
				v, _, err := iproto.ParseChunk(p.body)
				if err != nil || p.Type != iproto.TypeChunk {
					t.Fatalf("push %d: %v %v", i, p, err)
				}
				if n, _, _ := msgp.ReadInt(v[1:]); int(n) != i {
					t.Fatalf("push %d came as number %d", n, i)
				}
			}
			c.expectOK(1)
		})
	}
}

func TestBlockedPushesEnd(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(srv *Server, c *raw, cancel func())
		want error
	}{
		{"with the client", func(_ *Server, c *raw, _ func()) { c.hangUp("reset") }, ErrSessionClosed},
		{"with the client's half", func(_ *Server, c *raw, _ func()) { c.hangUp("half-close") }, ErrSessionClosed},
		{"with the context", func(_ *Server, _ *raw, cancel func()) { cancel() }, context.Canceled},
		{"with the server", func(srv *Server, _ *raw, _ func()) { _ = srv.Close() }, ErrSessionClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, addr := start(t, Config{OutputBudget: 100_000, SlowReader: Block})
			message := strings.Repeat("x", 50_000)
			ended := make(chan error, 1) // the handler sends
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			srv.Func("flood", func(_ context.Context, req *Request) (any, error) {
				for {
					if err := req.Session().PushContext(ctx, message); err != nil {
						ended <- err
						return nil, err
					}
				}
			})
			c := dialRaw(t, addr)
			c.write(call(1, "flood"))
			x := srv.open()[0]
			waiting := func() int {
				x.outbox.mu.Lock()
				defer x.outbox.mu.Unlock()
				return len(x.outbox.waiting)
			}
			reactortest.Eventually(t, func() bool { return waiting() == 1 }, "the push to wait")
			tt.end(srv, c, cancel)
			if err := <-ended; !errors.Is(err, tt.want) {
				t.Errorf("the push ended with %v, want %v", err, tt.want)
			}
			if waiting() > 0 {
				t.Error("it is still on the list")
			}
		})
	}
}

func TestDropOldestKeepsTheNewest(t *testing.T) {
	const pushes = 20_000
	srv, addr := start(t, Config{OutputBudget: 200_000})
	ended := make(chan struct{}) // closed by the handler
	pad := strings.Repeat("x", 2000)
	srv.FuncWith(FuncOptions{SlowReader: DropOldest}, "flood", func(_ context.Context, req *Request) (any, error) {
		for i := range pushes {
			if err := req.Session().Push([]any{i, pad}); err != nil {
				return nil, err
			}
		}
		close(ended)
		return "end", nil
	})
	c := dialRaw(t, addr)
	c.write(call(1, "flood"))
	<-ended
	last, n := int64(-1), 0
	for {
		p := c.take()
		if p.Type == iproto.TypeOK {
			break
		}
		v, _, err := iproto.ParseChunk(p.body)
		i, _, err2 := msgp.ReadInt(v[1:])
		if err != nil || err2 != nil || i <= last {
			t.Fatalf("%d after %d (%v %v)", i, last, err, err2)
		}
		last = i
		n++
	}
	if s := srv.Stats(); last != pushes-1 || n+int(s.PushesDropped) != pushes || s.PushesDropped == 0 {
		t.Errorf("%d pushes, the last is %d, %d dropped", n, last, s.PushesDropped)
	}
}

func TestDisconnectOfAClientThatDoesNotRead(t *testing.T) {
	srv, addr := start(t, Config{OutputBudget: 100_000})
	c := dialRaw(t, addr)
	taken, err := flood(t, srv, c, Disconnect, 10_000, 1<<20)
	if taken < 9 || !errors.Is(err, ErrSessionClosed) { // what the kernel takes meanwhile comes on top
		t.Errorf("%d pushes, then %v", taken, err)
	}
	reactortest.Eventually(t, func() bool { return len(srv.open()) == 0 }, "the session to end")
}

func TestOneLongPushIsTakenByAnEmptyOutput(t *testing.T) {
	for _, policy := range []SlowReader{Fail, Block, Disconnect} {
		t.Run(policy.String(), func(t *testing.T) {
			srv, addr := start(t, Config{OutputBudget: 1000})
			c := dialRaw(t, addr)
			if taken, err := flood(t, srv, c, policy, 100_000, 1); taken != 1 || err != nil {
				t.Errorf("%d pushes, %v", taken, err)
			}
			if n, p := c.skipPushes(1); n != 1 || p.Type != iproto.TypeOK {
				t.Errorf("%d pushes, then %v", n, p)
			}
		})
	}
}

func TestS92PushWithoutARequest(t *testing.T) {
	srv, addr := start(t, Config{})
	got := make(chan error, 2) // the trigger sends
	srv.OnConnect(func(_ context.Context, s Session) error { got <- s.Push(1); got <- s.PushTo(7, 1); return nil })
	c := dialRaw(t, addr)
	c.expectAlive()
	for range 2 {
		if err := <-got; !errors.Is(err, ErrRequestDone) {
			t.Errorf("in a trigger: %v", err)
		}
	}
	s := srv.Sessions()[0]
	if err := s.Push(1); !errors.Is(err, ErrRequestDone) {
		t.Errorf("outside of handlers: %v", err)
	}
	c.expectAlive() // and nothing else has come
}

// A client that shuts down gracefully waits for answers, however many pushes come before them.
func TestS100PushesAreNoAnswers(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber} {
		t.Run(mode.String(), func(t *testing.T) {
			const pushes = 50
			srv, addr := start(t, Config{Mode: mode})
			told := make(chan struct{}) // closed when the client knows of the shutdown
			srv.Func("slow", func(ctx context.Context, req *Request) (any, error) {
				for i := range 2 * pushes {
					if i == pushes {
						reactor.Await(ctx, func() { <-told })
					}
					if err := req.Session().Push(i); err != nil {
						return nil, err
					}
				}
				return "done", nil
			})
			c, err := netbox.Connect(t.Context(), addr, netbox.Options{NoSchema: true})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.OnShutdown(func(*netbox.Conn) error { close(told); return nil })
			f := c.Send(netbox.Call("slow"))
			reactortest.Eventually(t, func() bool { return srv.Stats().Pushes == pushes && srv.Stats().Watchers == 1 }, "pushes, and a watcher")
			ended := make(chan error, 1)
			go func() { ended <- srv.Shutdown(patience(t)) }()
			n := int64(0)
			for v, err := range f.Pushes(t.Context()) {
				if i, e := v.Int(); err != nil || e != nil || i != n {
					t.Fatalf("push %d is %x, %v", n, v, err)
				}
				n++
			}
			if r, err := f.Result(); err != nil || r.String(0) != "done" || n != 2*pushes {
				t.Errorf("%d pushes, then %v", n, err)
			}
			if err := <-ended; err != nil {
				t.Errorf("shutdown: %v", err)
			}
		})
	}
}
