package prometheus

import (
	"context"
	"testing"

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

// start returns a server, the reactor it runs on, and where it listens. It can push_n.
func start(t *testing.T) (*box.Server, *reactor.Reactor, string) {
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
func connect(t *testing.T, addr string) *netbox.Conn {
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
