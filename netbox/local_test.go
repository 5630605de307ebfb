package netbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor"
)

// boxServer starts a server of our own with echo.
func boxServer(t testing.TB) net.Addr {
	t.Helper()
	srv, err := box.New(box.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	srv.Func("echo", func(_ context.Context, req *box.Request) (any, error) { return req.Args(), nil })
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func TestOurServerWithAllOptionsAsTheyAre(t *testing.T) {
	c := connect(t, boxServer(t).String(), Options{})
	if err := c.Ping(patience(t)); err != nil || c.State() != StateActive {
		t.Errorf("C70: %v, state %v", err, c.State())
	}
	if r, err := c.Call(patience(t), "echo", 1, nil, "three"); err != nil || r.Len() != 3 {
		t.Errorf("C51: %v", err)
	}
	if c.Schema() == nil || c.ProtocolVersion() == 0 {
		t.Errorf("schema %+v, protocol %d", c.Schema(), c.ProtocolVersion())
	}
}

func TestOurServerIsFollowedByAnother(t *testing.T) {
	start := func(addr, name string) (*box.Server, string) {
		srv, err := box.New(box.Config{})
		if err != nil {
			t.Fatal(err)
		}
		srv.Func("name", func(context.Context, *box.Request) (any, error) { return name, nil })
		a, err := srv.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		return srv, a.String()
	}
	first, addr := start("127.0.0.1:0", "first")
	c := connect(t, addr, Options{ReconnectAfter: time.Millisecond})
	if name, err := CallAs[string](patience(t), c, "name"); err != nil || name != "first" {
		t.Errorf("got %q, %v", name, err)
	}
	first.Close()
	if err := c.WaitState(patience(t), StateErrorReconnect); err != nil {
		t.Fatal(err)
	}
	second, _ := start(addr, "second")
	defer second.Close()
	if name, err := CallAs[string](patience(t), c, "name"); err != nil || name != "second" {
		t.Errorf("C109: %q, %v", name, err)
	}
}

func TestEverythingInFibers(t *testing.T) {
	// The connection, its worker and its callers share one loop: nothing may wait otherwise than by yielding.
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	addr := boxServer(t).String()
	var calls atomic.Int64
	main, err := r.Go(patience(t), func(ctx context.Context) {
		c, err := Connect(ctx, addr, Options{Reactor: r, ReconnectAfter: time.Millisecond})
		if err != nil {
			t.Error(err)
			return
		}
		var callers []*reactor.Fiber
		for i := range 50 {
			x, err := r.Go(ctx, func(ctx context.Context) {
				for n := range 20 {
					var broken *ConnError
					switch res, err := c.Call(ctx, "echo", i, n); {
					case errors.As(err, &broken):
					case err != nil || res.Int(0) != int64(i) || res.Int(1) != int64(n):
						t.Errorf("%d %d: %v", i, n, err)
					default:
						calls.Add(1)
					}
				}
			})
			if err != nil {
				t.Error(err)
			}
			callers = append(callers, x)
		}
		for range 3 {
			if err := reactor.Sleep(ctx, time.Millisecond); err != nil {
				t.Error(err)
			}
			c.live.Load().wire.Abort(errors.New("broken on purpose"))
			if err := c.WaitState(ctx, StateErrorReconnect); err != nil {
				t.Error(err)
			}
			if err := c.WaitConnected(ctx); err != nil {
				t.Error(err)
			}
		}
		for _, x := range callers {
			if err := x.Wait(ctx); err != nil {
				t.Error(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := main.Wait(patience(t)); err != nil {
		t.Error(err)
	}
	if calls.Load() == 0 {
		t.Error("no call was answered")
	}
}

func TestTarantoolOnAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	tarantooltest.Start(t, tarantooltest.Options{Listen: "unix/:" + path})
	for _, addr := range []string{"unix/:" + path, path} {
		c := connect(t, addr, Options{NoSchema: true})
		if r, err := c.Call(patience(t), "echo", 7); err != nil || r.Int(0) != 7 || c.Peer() != addr {
			t.Errorf("%s: %v, peer %s", addr, err, c.Peer())
		}
	}
	if _, err := Connect(patience(t), path+"-not", Options{}); err == nil {
		t.Error("connected to nothing")
	}
}

func TestPushesOfOurServer(t *testing.T) {
	c := local(t, box.Goroutine)
	f := c.Send(Call("push_n", 5))
	for range 2 {
		if got, err := collect(t, f); err != nil || fmt.Sprint(got) != "[0 1 2 3 4]" {
			t.Errorf("C87: %v, %v", got, err)
		}
	}
	if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != 5 {
		t.Errorf("C85: %v", err)
	}
}
