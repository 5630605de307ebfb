package statusz

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.MainWith(m, reactortest.Options{After: stopDefault}) }

// stopDefault ends the default reactor, which the clients use.
func stopDefault() {
	if r, err := reactor.Default(); err == nil {
		_ = r.Close()
	}
}

// start returns a server and the reactor it runs on, and where it listens. It can push_n.
func start(t testing.TB) (*box.Server, *reactor.Reactor, string) {
	t.Helper()
	r, err := reactor.New(reactor.Config{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	srv, err := box.New(box.Config{Reactor: r})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
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
	return srv, r, addr.String()
}

// connect returns a client that is closed with the test.
func connect(t testing.TB, addr string) *netbox.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
	defer cancel()
	c, err := netbox.Connect(ctx, addr, netbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// load keeps a server a little busy until the test ends: calls with pushes, and now and then an error.
func load(t testing.TB, addr string) {
	c := connect(t, addr)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); wg.Wait() })
	wg.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			c.Call(ctx, "push_n", n/100%8)
			if n%20 == 0 {
				c.Call(ctx, "no_such_function")
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
}

// serve mounts a page and returns it with its address.
func serve(t testing.TB, srv *box.Server, o Options) (*Page, string) {
	t.Helper()
	p := Handler(srv, o)
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	t.Cleanup(p.Close) // before the server waits for its requests
	return p, s.URL
}
