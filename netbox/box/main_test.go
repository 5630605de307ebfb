package box

import (
	"context"
	"fmt"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.MainWith(m, reactortest.Options{After: stopDefault}) }

// stopDefault ends the default reactor, which the clients of some tests use.
func stopDefault() {
	if r, err := reactor.Default(); err == nil {
		_ = r.Close()
	}
}

// start returns a server that is closed with the test, and the address it listens on. It can do what standardFuncs gives
// it.
func start(t testing.TB, cfg Config) (*Server, string) {
	t.Helper()
	srv, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	standardFuncs(srv)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return srv, addr.String()
}

// standardFuncs registers what most tests call.
func standardFuncs(srv *Server) {
	srv.Func("echo", func(_ context.Context, req *Request) (any, error) { return req.Args(), nil })
	srv.Func("nop", func(context.Context, *Request) (any, error) { return nil, nil })
	srv.Func("push_n", func(_ context.Context, req *Request) (any, error) {
		n := req.Args().Int(0)
		for i := range n {
			if err := req.Session().Push(i + 1); err != nil {
				return nil, err
			}
		}
		return n, nil
	})
	srv.Func("fail", func(_ context.Context, req *Request) (any, error) {
		return nil, fmt.Errorf("%s", req.Args().String(0))
	})
	srv.Func("panic", func(_ context.Context, req *Request) (any, error) { panic(req.Args().String(0)) })
}
