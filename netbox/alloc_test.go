package netbox

import (
	"context"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
)

// local starts a server in this process and connects to it. All that either of them allocates counts in
// testing.AllocsPerRun.
func local(t testing.TB, mode box.Mode) *Conn {
	t.Helper()
	srv, err := box.New(box.Config{Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	srv.Func("echo", func(_ context.Context, req *box.Request) (any, error) { return req.Args(), nil })
	srv.Func("sleepy", func(ctx context.Context, _ *box.Request) (any, error) { return nil, reactor.Sleep(ctx, time.Hour) })
	srv.Func("push_n", func(_ context.Context, req *box.Request) (any, error) {
		n := req.Args().Int(0)
		for i := range n {
			if err := req.Session().Push(i); err != nil {
				return nil, err
			}
		}
		return n, nil
	})
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, addr.String(), Options{NoSchema: true})
}

func TestRoundTripsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED: the race detector makes sync.Pool forget, which allocates")
	}
	ctx := context.Background()
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()
	c := local(t, box.Inline)
	call := Call("echo", 1, 2, 3)
	sum := int64(0)
	add := func(r Result) error {
		for i := range r.Len() {
			sum += r.Int(i)
		}
		return r.Err()
	}
	wait := func(f *Future) {
		if _, err := f.Wait(ctx); err != nil {
			t.Error(err)
		}
		f.Release()
	}
	for _, tt := range []struct {
		name string
		f    func()
	}{
		{"Send of a ping", func() { wait(c.Send(Ping())) }},
		{"Send of a call", func() { wait(c.Send(call)) }},
		{"Send of a call written there", func() { wait(c.Send(Call("echo", 1, 2, 3))) }},
		{"DoFunc of a ping", func() { _ = c.DoFunc(ctx, Ping(), nil) }},
		{"DoFunc of a call", func() { _ = c.DoFunc(ctx, call, add) }},
		{"DoFunc with a context that can be cancelled", func() { _ = c.DoFunc(cancellable, call, add) }},
		{"Ping", func() { _ = c.Ping(ctx) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 1000 {
				tt.f()
			}
			// The average is rounded down: ten at a time, so that one allocation in ten round trips is seen.
			if n := testing.AllocsPerRun(500, func() {
				for range 10 {
					tt.f()
				}
			}); n != 0 {
				t.Errorf("%v allocations in ten round trips", n)
			}
		})
	}
}

func TestOneSmallTupleIsTwoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED: the race detector makes sync.Pool forget, which allocates")
	}
	ctx := context.Background()
	c := local(t, box.Inline)
	var values []any
	get := func() {
		err := c.DoFunc(ctx, Call("echo", 1, "Roxette"), func(r Result) (err error) {
			values, err = r.AppendValues(values[:0])
			return err
		})
		if err != nil || len(values) != 2 || values[1] != "Roxette" {
			t.Fatal(values, err)
		}
	}
	for range 100 {
		get()
	}
	if n := testing.AllocsPerRun(500, get); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCall(b *testing.B) {
	for _, mode := range []box.Mode{box.Inline, box.Fiber, box.Goroutine} {
		b.Run(mode.String(), func(b *testing.B) {
			c := local(b, mode)
			req := Call("echo", 1, 2, 3)
			b.SetParallelism(64)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := c.DoFunc(context.Background(), req, nil); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
