package box

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// count yields the numbers from 0 up.
func count(n int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// expectPushes reads so many pushes of numbers from 0 up.
func (r *raw) expectPushes(sync uint64, n int64) {
	r.t.Helper()
	for want := range n {
		p := r.take()
		v, _, err := iproto.ParseChunk(p.body)
		if err != nil || p.Type != iproto.TypeChunk || p.Sync != sync {
			r.t.Fatalf("push %d: %v, %v", want, p, err)
		}
		if got, _, err := msgp.ReadInt(v); err != nil || got != want {
			r.t.Fatalf("push %d came as %d, %v", want, got, err)
		}
	}
}

func TestPushAllKeepsTheOrder(t *testing.T) {
	for _, policy := range []SlowReader{Fail, Block, DropOldest, Disconnect} {
		t.Run(policy.String(), func(t *testing.T) {
			allModes(t, func(t *testing.T, srv *Server, c *raw) {
				srv.Func("all", func(ctx context.Context, req *Request) (any, error) {
					s, n := req.Session().With(policy), req.Args().Int(0)
					if err := s.Push(0); err != nil {
						return nil, err
					}
					if sent, err := PushAll(ctx, s, func(yield func(int64) bool) {
						for i := range n - 2 {
							if !yield(i + 1) {
								return
							}
						}
					}); err != nil || int64(sent) != n-2 {
						return nil, errors.Join(err, Errorf(1, "%d sent", sent))
					}
					return n, s.Push(n - 1)
				})
				for i, n := range []int64{2, 3, 5000} {
					c.write(call(uint64(i), "all", int(n)))
					c.expectPushes(uint64(i), n)
					c.expectOK(uint64(i))
				}
				if n := srv.Stats().Pushes; n != 5005 {
					t.Errorf("%d pushes were counted", n)
				}
			})
		})
	}
}

func TestPushAllMakesTheMessagesOfPush(t *testing.T) {
	type point struct{ X, Y int }
	srv, addr := start(t, Config{})
	srv.Func("both", func(ctx context.Context, req *Request) (any, error) {
		s := req.Session()
		return nil, errors.Join(
			pushBoth(ctx, s, 1, -1, 1<<40), pushBoth(ctx, s, int64(-7)), pushBoth(ctx, s, uint64(1<<63)), pushBoth(ctx, s, int8(-3)),
			pushBoth(ctx, s, 1.5), pushBoth(ctx, s, "text", ""), pushBoth(ctx, s, []byte("bin"), nil), pushBoth(ctx, s, true),
			pushBoth[any](ctx, s, nil, 1, "x"), pushBoth(ctx, s, point{1, 2}), pushBoth(ctx, s, msgp.Raw{0x93, 1, 2, 3}))
	})
	c := dialRaw(t, addr)
	c.write(call(1, "both"))
	for n := 0; ; n++ {
		one := c.take()
		if one.Type == iproto.TypeOK {
			if n != 17 {
				t.Errorf("%d pairs", n)
			}
			return
		}
		if other := c.take(); !slices.Equal(one.frame, other.frame) {
			t.Errorf("Push sent %x, PushAll %x", one.frame, other.frame)
		}
	}
}

// pushBoth pushes each value in both ways.
func pushBoth[V any](ctx context.Context, s Session, values ...V) error {
	for _, v := range values {
		if err := s.Push(v); err != nil {
			return err
		}
		if _, err := PushAll(ctx, s, slices.Values([]V{v})); err != nil {
			return err
		}
	}
	return nil
}

func TestPushAllTellsHowFarItCame(t *testing.T) {
	srv, addr := start(t, Config{OutputBudget: 100_000})
	c := dialRaw(t, addr)
	type end struct {
		n   int
		err error
	}
	ends := make(chan end, 1) // the handler sends
	srv.Func("odd", func(ctx context.Context, req *Request) (any, error) {
		n, err := PushAll(ctx, req.Session(), slices.Values([]any{0, 1, make(chan int), 3}))
		ends <- end{n, err}
		return nil, nil
	})
	c.write(call(1, "odd"))
	if e := <-ends; e.n != 2 || e.err == nil {
		t.Errorf("after a value that can not be encoded: %+v", e)
	}
	c.expectPushes(1, 2)
	c.expectOK(1)

	pad := strings.Repeat("x", 100)
	srv.Func("flood", func(ctx context.Context, req *Request) (any, error) {
		n, err := PushAll(ctx, req.Session(), func(yield func(string) bool) {
			for yield(pad) {
			}
		})
		ends <- end{n, err}
		return nil, nil
	})
	c.write(call(2, "flood"))
	e := <-ends
	if !errors.Is(e.err, ErrOutputFull) {
		t.Errorf("a flood ended with %v", e.err)
	}
	if n, p := c.skipPushes(2); n != e.n || p.Type != iproto.TypeOK {
		t.Errorf("%d pushes came, then %v; %d were taken", n, p, e.n)
	}
}

func TestPushAllWaitsForAClientThatReads(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber} {
		t.Run(mode.String(), func(t *testing.T) {
			const n = 200_000
			srv, addr := start(t, Config{Mode: mode, OutputBudget: 50_000, SlowReader: Block})
			srv.Func("all", func(ctx context.Context, req *Request) (any, error) {
				return PushAll(ctx, req.Session(), count(n))
			})
			c := dialRaw(t, addr)
			c.write(call(1, "all"))
			c.expectPushes(1, n)
			c.expectOK(1)
		})
	}
}

func TestPushAllAfterTheAnswer(t *testing.T) {
	srv, addr := start(t, Config{})
	c := dialRaw(t, addr)
	kept := make(chan Session, 1) // the handler sends
	srv.Func("keep", func(_ context.Context, req *Request) (any, error) { kept <- req.Session(); return nil, nil })
	c.write(call(1, "keep"))
	c.expectOK(1)
	if n, err := PushAll(t.Context(), <-kept, count(10)); n != 0 || !errors.Is(err, ErrRequestDone) {
		t.Errorf("%d, %v", n, err)
	}
	c.expectAlive()
}

// BenchmarkPush measures what a message costs the server and a client that only counts bytes.
func BenchmarkPush(b *testing.B) {
	for name, push := range map[string]func(ctx context.Context, s Session, n int64) error{
		"Push": func(_ context.Context, s Session, n int64) error {
			for i := range n {
				if err := s.Push(i); err != nil {
					return err
				}
			}
			return nil
		},
		"PushAll": func(ctx context.Context, s Session, n int64) error {
			_, err := PushAll(ctx, s, count(n))
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			const batch = 1000
			srv, addr := start(b, Config{Mode: Inline})
			srv.Func("push", func(ctx context.Context, req *Request) (any, error) {
				return nil, push(ctx, req.Session(), req.Args().Int(0))
			})
			c := dialRaw(b, addr)
			one := call(1, "push", batch)
			c.write(one)
			answer := 0
			for {
				p := c.take()
				if answer += len(p.frame); p.Type == iproto.TypeOK {
					break
				}
			}
			buf := make([]byte, 256<<10)
			b.ReportAllocs()
			b.ResetTimer()
			for n := b.N; n > 0; n -= batch {
				c.exchange(one, answer, buf)
			}
		})
	}
}
