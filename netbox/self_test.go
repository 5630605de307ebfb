package netbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// inProcess starts a server without an address, and connects to it with Self.
func inProcess(t testing.TB, cfg box.Config, opts Options) (*box.Server, *Conn) {
	t.Helper()
	srv, err := box.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	srv.Func("echo", func(_ context.Context, req *box.Request) (any, error) { return req.Args(), nil })
	srv.Func("peer", func(_ context.Context, req *box.Request) (any, error) { return req.Session().Peer().String(), nil })
	srv.Func("push_n", func(_ context.Context, req *box.Request) (any, error) {
		n := req.Args().Int(0)
		for i := range n {
			if err := req.Session().Push(i + 1); err != nil {
				return nil, err
			}
		}
		return n, nil
	})
	srv.Func("wait", func(ctx context.Context, _ *box.Request) (any, error) { <-ctx.Done(); return nil, ctx.Err() })
	ctx, cancel := context.WithTimeout(context.Background(), reactortest.Patience)
	defer cancel()
	c, err := Self(ctx, srv, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return srv, c
}

// oneReactor returns options of a server and a client that share their loops.
func oneReactor(t testing.TB) (box.Config, Options) {
	t.Helper()
	r, err := reactor.New(reactor.Config{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return box.Config{Reactor: r}, Options{Reactor: r}
}

func TestSelfIsAClientLikeOthers(t *testing.T) {
	shared, opts := oneReactor(t)
	for name, tt := range map[string]struct {
		cfg  box.Config
		opts Options
	}{"a reactor each": {}, "one reactor": {shared, opts}} {
		for _, mode := range []box.Mode{box.Goroutine, box.Fiber, box.Inline} {
			t.Run(name, func(t *testing.T) {
				tt.cfg.Mode = mode
				srv, c := inProcess(t, tt.cfg, tt.opts)
				if err := c.Ping(patience(t)); err != nil || c.State() != StateActive || c.Peer() != "self" {
					t.Errorf("%v, state %v, peer %s", err, c.State(), c.Peer())
				}
				var wg sync.WaitGroup
				for g := range 8 {
					wg.Go(func() {
						for i := range 200 {
							if r, err := c.Call(context.Background(), "echo", g, i); err != nil || r.Int(0) != int64(g) || r.Int(1) != int64(i) {
								t.Errorf("%v", err)
								return
							}
						}
					})
				}
				wg.Wait()
				futures := make([]*Future, 5000)
				for i := range futures {
					futures[i] = c.Send(Call("echo", i))
				}
				for i, f := range futures {
					if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != int64(i) {
						t.Fatalf("request %d: %v", i, err)
					}
				}
				if got, err := collect(t, c.Send(Call("push_n", 100))); err != nil || len(got) != 100 {
					t.Errorf("%d pushes, %v", len(got), err)
				}
				text := strings.Repeat("0123456789abcdef", 1<<16)
				if r, err := c.Call(patience(t), "echo", text); err != nil || r.String(0) != text {
					t.Errorf("a big one: %v", err)
				}
				if r, err := c.Call(patience(t), "peer"); err != nil || r.String(0) != "self" {
					t.Errorf("the server sees %v, %v", r.String(0), err)
				}
				var serverError *iproto.Error
				if _, err := c.Call(patience(t), "no such function"); !errors.As(err, &serverError) {
					t.Errorf("got %v", err)
				}
				events := make(chan string, 10)
				w, err := c.Watch("key", func(_ string, v Value) {
					s := ""
					if v != nil {
						_ = v.Decode(&s)
					}
					events <- s
				})
				if err != nil {
					t.Fatal(err)
				}
				if got := <-events; got != "" {
					t.Errorf("the first event is %q", got)
				}
				if err := srv.Broadcast("key", "news"); err != nil {
					t.Fatal(err)
				}
				if got := <-events; got != "news" {
					t.Errorf("the event is %q", got)
				}
				if err := w.Unregister(); err != nil {
					t.Error(err)
				}
				if n := srv.Stats().Connections; n != 1 {
					t.Errorf("%d connections", n)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				reactortest.Eventually(t, func() bool { return srv.Stats().Connections == 0 }, "the session to end")
			})
		}
	}
}

func TestSelfWithAUser(t *testing.T) {
	srv, _ := inProcess(t, box.Config{}, Options{})
	if err := srv.SetUser(box.User{Name: "alice", Password: "secret", Rights: box.All}); err != nil {
		t.Fatal(err)
	}
	c, err := Self(patience(t), srv, Options{User: "alice", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := Self(patience(t), srv, Options{User: "alice", Password: "wrong"}); err == nil {
		t.Error("a wrong password is right")
	}
	if _, err := Self(patience(t), srv, Options{TLS: &tls.Config{}}); err == nil {
		t.Error("TLS without a wire")
	}
}

func TestSelfOfABusyServerWaits(t *testing.T) {
	_, c := inProcess(t, box.Config{MaxInFlight: 2, OutputBudget: 100_000}, Options{})
	futures := make([]*Future, 1000)
	text := strings.Repeat("x", 1000)
	for i := range futures {
		futures[i] = c.Send(Call("echo", text, i))
	}
	for i, f := range futures {
		if r, err := f.Wait(patience(t)); err != nil || r.Int(1) != int64(i) {
			t.Fatalf("request %d: %v", i, err)
		}
	}
}

func TestSelfEndsWithItsServer(t *testing.T) {
	t.Run("Shutdown", func(t *testing.T) {
		srv, c := inProcess(t, box.Config{}, Options{})
		if err := c.Ping(patience(t)); err != nil { // so that the server knows that box.shutdown is watched
			t.Fatal(err)
		}
		f := c.Send(Call("echo", 1))
		if err := srv.Shutdown(patience(t)); err != nil {
			t.Error(err)
		}
		if _, err := f.Wait(patience(t)); err != nil {
			t.Error(err)
		}
		<-c.Done()
		if _, err := Self(patience(t), srv, Options{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Close", func(t *testing.T) {
		srv, c := inProcess(t, box.Config{}, Options{})
		f := c.Send(Call("wait"))
		reactortest.Eventually(t, func() bool { return srv.Stats().RequestsInProgress == 1 }, "the request")
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if _, err := f.Wait(patience(t)); err == nil {
			t.Error("a request outlives its server")
		}
	})
	t.Run("the client first", func(t *testing.T) {
		srv, c := inProcess(t, box.Config{}, Options{})
		f := c.Send(Call("wait"))
		reactortest.Eventually(t, func() bool { return srv.Stats().RequestsInProgress == 1 }, "the request")
		_ = c.Close()
		if _, err := f.Wait(patience(t)); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		reactortest.Eventually(t, func() bool { return srv.Stats().RequestsInProgress == 0 }, "the handler to see it")
	})
}

func TestSelfReconnects(t *testing.T) {
	srv, c := inProcess(t, box.Config{}, Options{ReconnectAfter: time.Millisecond})
	srv.Func("leave", func(_ context.Context, req *box.Request) (any, error) { req.Session().Disconnect(); return nil, nil })
	_, _ = c.Call(patience(t), "leave")
	reactortest.Eventually(t, func() bool {
		r, err := c.Call(patience(t), "echo", 1)
		return err == nil && r.Int(0) == 1
	}, "the connection to be made again")
}

func TestSelfDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED: the race detector makes sync.Pool forget, which allocates")
	}
	cfg, opts := oneReactor(t)
	cfg.Mode, opts.NoSchema = box.Inline, true
	_, c := inProcess(t, cfg, opts)
	ctx := context.Background()
	n := testing.AllocsPerRun(1000, func() {
		if err := c.DoFunc(ctx, Call("echo", 1), func(Result) error { return nil }); err != nil {
			t.Error(err)
		}
	})
	if n >= 1 {
		t.Errorf("%v allocations per call", n)
	}
}

// BenchmarkSelf compares calls within the program with those over a socket.
func BenchmarkSelf(b *testing.B) {
	cfg, opts := oneReactor(b)
	cfg.Mode = box.Inline
	srv, self := inProcess(b, cfg, opts)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	for name, c := range map[string]*Conn{"self": self, "socket": connect(b, addr.String(), opts)} {
		b.Run(name+"/sync", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.DoFunc(ctx, Call("echo", 1), func(Result) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/async", func(b *testing.B) {
			var window [512]*Future
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				slot := &window[i%len(window)]
				if *slot != nil {
					if _, err := (*slot).Wait(ctx); err != nil {
						b.Fatal(err)
					}
					(*slot).Release()
				}
				*slot = c.Send(Call("echo", i&127))
			}
		})
	}
}
