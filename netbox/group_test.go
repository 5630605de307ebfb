package netbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// group connects a group for the time of the test.
func group(t testing.TB, addr string, sockets int, opts Options) *Group {
	t.Helper()
	g, err := ConnectGroup(patience(t), addr, sockets, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

func TestGroupSpreadsByRequestsUnderWay(t *testing.T) {
	release := make(chan struct{})
	sc := perform(t, func(_ int, s *script) {
		s.introduce()
		var held []request
		for range 3 {
			held = append(held, s.next())
		}
		<-release
		for _, r := range held {
			s.ok(r.Sync, 7)
		}
		s.answerAll(nil, 7)
	})
	g := group(t, sc.addr, 4, Options{NoSchema: true})
	var futures []*Future
	for range 12 {
		futures = append(futures, g.Send(Ping()))
	}
	for _, c := range g.Conns() {
		if n := c.Metrics().InFlight; n != 3 {
			t.Errorf("%d requests under way, want 3 on each of 4 sockets", n)
		}
	}
	if m := g.Metrics(); m.InFlight != 12 || m.Connects != 4 || m.State != StateActive {
		t.Errorf("%+v", m)
	}
	close(release)
	for _, f := range futures {
		if _, err := f.Wait(patience(t)); err != nil {
			t.Error(err)
		}
	}
	if m := g.Metrics(); m.InFlight != 0 || m.Answers != m.Requests {
		t.Errorf("%+v", m)
	}
}

func TestGroupOnTarantool(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{Super: true})
	g := group(t, srv.Addr, 3, Options{ReconnectAfter: 5 * time.Millisecond})
	ctx := patience(t)
	t.Run("C119 a space made by way of one socket is there for all", func(t *testing.T) {
		if _, err := g.Eval(ctx, "box.schema.space.create('bands'):create_index('pk')"); err != nil {
			t.Fatal(err)
		}
		bands := g.Space("bands")
		for i := range 30 {
			if _, err := bands.Replace(ctx, []any{i, fmt.Sprint("band ", i)}); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := bands.Count(ctx, Key(), SelectOptions{}); err != nil || n != 30 {
			t.Errorf("%d bands, %v", n, err)
		}
		if bands.Info() == nil {
			t.Error("no info")
		}
	})
	t.Run("many callers", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				for k := range 50 {
					if r, err := g.Call(ctx, "echo", i, k); err != nil || r.Int(0) != int64(i) || r.Int(1) != int64(k) {
						t.Errorf("%d, %d: %v", i, k, err)
						return
					}
				}
			})
		}
		wg.Wait()
		for i, c := range g.Conns() {
			if c.Metrics().Requests < 100 {
				t.Errorf("socket %d has sent %d requests", i, c.Metrics().Requests)
			}
		}
	})
	t.Run("a statement sticks to its session", func(t *testing.T) {
		s, err := g.Prepare(ctx, "SELECT ?")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			if _, err := s.Execute(ctx, i); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("C109 outage", func(t *testing.T) {
		srv.Kill()
		reactortest.Eventually(t, func() bool { return !g.IsConnected() }, "the group to notice; %v", g.States())
		if err := g.Err(); err == nil || !strings.Contains(g.String(), "3 sockets") {
			t.Errorf("%v, %v", g, err)
		}
		if _, err := g.Send(Ping()).Wait(ctx); !errors.Is(err, ErrNotSent) {
			t.Errorf("C110: got %v", err)
		}
		srv.Restart()
		if err := g.Ping(ctx); err != nil {
			t.Error(err)
		}
		if err := g.WaitConnected(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestGroupWithoutAServer(t *testing.T) {
	if _, err := ConnectGroup(patience(t), "127.0.0.1:1", 3, Options{}); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("C38: got %v", err)
	}
	for _, n := range []int{0, -1, MaxSockets + 1} {
		if _, err := ConnectGroup(patience(t), "127.0.0.1:1", n, Options{}); err == nil || !strings.Contains(err.Error(), "sockets") {
			t.Errorf("%d sockets: got %v", n, err)
		}
	}
	if _, err := ConnectGroup(patience(t), "", 2, Options{}); err == nil {
		t.Error("no address, no error")
	}
}

func TestGroupStreamsStickToOneSocket(t *testing.T) {
	sc := perform(t, func(i int, s *script) {
		s.introduceModern()
		s.answerAll(nil, byte(i)) // whose socket it is
	})
	g := group(t, sc.addr, 3, Options{NoSchema: true, NoGracefulShutdown: true})
	for range 4 {
		s := g.NewStream()
		first := int64(-1)
		for i := range 20 {
			r, err := s.Call(patience(t), "f")
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = r.Int(0)
			}
			// A request that names the stream goes the same way, whoever sends it.
			again, err := g.Do(patience(t), s.SpaceByID(512).InsertRequest([]any{1}))
			if err != nil || r.Int(0) != first || again.Int(0) != first {
				t.Fatalf("request %d went to socket %d and %d, want %d, %v", i, r.Int(0), again.Int(0), first, err)
			}
		}
		if _, err := s.NewStream().Call(patience(t), "f"); err != nil {
			t.Error(err)
		}
	}
}

func TestGroupGoesOnWithTheSocketsThatAreLeft(t *testing.T) {
	sc := perform(t, func(i int, s *script) {
		s.introduce()
		if i == 0 {
			s.next()
			return // it breaks
		}
		s.answerAll(nil, 7)
	})
	g := group(t, sc.addr, 3, Options{NoSchema: true})
	failed := 0
	for range 50 {
		if err := g.Ping(patience(t)); err != nil {
			failed++
			if !errors.Is(err, ErrMaybeExecuted) || !errors.Is(err, iproto.CodeNoConnection) {
				t.Errorf("got %v", err)
			}
		}
	}
	if failed != 1 || !g.IsConnected() || g.Err() != nil {
		t.Errorf("%d requests failed, states %v, want one", failed, g.States())
	}
	if m := g.Metrics(); m.State != StateActive {
		t.Errorf("%v", m.State)
	}
}

func TestGroupCloses(t *testing.T) {
	g := group(t, local(t, box.Inline).Peer(), 4, Options{NoSchema: true})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := g.Close(); err != nil && !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := g.Ping(patience(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("C42: got %v", err)
	}
	for _, s := range g.States() {
		if s != StateClosed {
			t.Errorf("C40: %v", s)
		}
	}
}

func TestGroupInFibers(t *testing.T) {
	addr := local(t, box.Inline).Peer()
	r, err := reactor.Default()
	if err != nil {
		t.Fatal(err)
	}
	x, err := r.Go(context.Background(), func(ctx context.Context) {
		g, err := ConnectGroup(ctx, addr, 3, Options{NoSchema: true})
		if err != nil {
			t.Error(err)
			return
		}
		for i := range 100 {
			if res, err := g.Call(ctx, "echo", i); err != nil || res.Int(0) != int64(i) {
				t.Errorf("%d, %v", res.Int(0), err)
			}
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Wait(patience(t)); err != nil {
		t.Error(err)
	}
}

func BenchmarkGroup(b *testing.B) {
	for _, sockets := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(sockets), func(b *testing.B) {
			g := group(b, local(b, box.Inline).Peer(), sockets, Options{NoSchema: true})
			req := Call("echo", 1, 2, 3)
			b.SetParallelism(64)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := g.DoFunc(context.Background(), req, nil); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
