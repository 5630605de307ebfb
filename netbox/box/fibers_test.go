package box_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
)

// fiberServer starts a server whose handlers run as fibers, and a client.
func fiberServer(t testing.TB, cfg box.Config, funcs map[string]box.Func) (*box.Server, *netbox.Conn) {
	t.Helper()
	cfg.Mode = box.Fiber
	srv, err := box.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	for name, f := range funcs {
		srv.Func(name, f)
	}
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := netbox.Connect(context.Background(), addr.String(), netbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return srv, conn
}

func echoArgs(_ context.Context, req *box.Request) (any, error) { return req.Args(), nil }

func TestFiberHandlersThatWaitHoldNobodyUp(t *testing.T) {
	release := &reactor.Gate{}
	var waiting atomic.Int32
	_, conn := fiberServer(t, box.Config{}, map[string]box.Func{
		"echo": echoArgs,
		"wait": func(ctx context.Context, req *box.Request) (any, error) {
			waiting.Add(1)
			return req.Args(), release.Wait(ctx)
		},
	})
	ctx := context.Background()
	var slow []*netbox.Future
	for i := range 200 {
		slow = append(slow, conn.Send(netbox.Call("wait", i)))
		if i%10 == 0 {
			if r, err := conn.Call(ctx, "echo", i); err != nil || r.Int(0) != int64(i) {
				t.Fatalf("echo behind %d that wait: %v, %v", i+1, r, err)
			}
		}
	}
	release.Open()
	for i, f := range slow {
		if r, err := f.Wait(ctx); err != nil || r.Int(0) != int64(i) {
			t.Fatalf("call %d returned %v, %v", i, r, err)
		}
	}
	if waiting.Load() != 200 {
		t.Errorf("%d handlers waited", waiting.Load())
	}
}

func TestFiberHandlersAnswerManyClients(t *testing.T) {
	_, conn := fiberServer(t, box.Config{}, map[string]box.Func{
		"work": func(ctx context.Context, req *box.Request) (any, error) {
			n := req.Args().Int(0)
			switch n % 4 {
			case 1:
				if err := reactor.Yield(ctx); err != nil {
					return nil, err
				}
			case 2:
				if err := reactor.Sleep(ctx, time.Millisecond); err != nil {
					return nil, err
				}
			case 3:
				reactor.Await(ctx, func() { n++ })
				n--
			}
			if err := req.Session().Push(n); err != nil {
				return nil, err
			}
			return n, nil
		},
	})
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 100 {
				want := int64(g*1000 + i)
				f := conn.Send(netbox.Call("work", want))
				for v, err := range f.Pushes(context.Background()) {
					if n, _ := v.Int(); err != nil || n != want {
						t.Errorf("pushed %d, %v, want %d", n, err, want)
					}
				}
				if r, err := f.Wait(context.Background()); err != nil || r.Int(0) != want {
					t.Errorf("got %d, %v, want %d", r.Int(0), err, want)
				}
			}
		}()
	}
	wg.Wait()
}

func TestFiberHandlerCallsAnotherServer(t *testing.T) {
	_, backend := fiberServer(t, box.Config{}, map[string]box.Func{"echo": echoArgs})
	_, conn := fiberServer(t, box.Config{}, map[string]box.Func{
		"forward": func(ctx context.Context, req *box.Request) (any, error) {
			r, err := backend.Call(ctx, "echo", req.Args().Int(0))
			return r.Int(0), err
		},
	})
	for i := range 100 {
		if r, err := conn.Call(context.Background(), "forward", i); err != nil || r.Int(0) != int64(i) {
			t.Fatalf("got %d, %v", r.Int(0), err)
		}
	}
}

func TestFiberHandlerPanicIsAnswered(t *testing.T) {
	_, conn := fiberServer(t, box.Config{}, map[string]box.Func{
		"boom": func(ctx context.Context, _ *box.Request) (any, error) {
			_ = reactor.Yield(ctx)
			panic("boom")
		},
		"echo": echoArgs,
	})
	var e *netbox.Error
	if _, err := conn.Call(context.Background(), "boom"); !errors.As(err, &e) || e.Code != 32 {
		t.Errorf("got %v", err)
	}
	if _, err := conn.Call(context.Background(), "echo"); err != nil {
		t.Error(err)
	}
}

func TestFiberHandlersEndWithTheServer(t *testing.T) {
	ended := make(chan error, 1)
	begun := make(chan bool, 1)
	srv, conn := fiberServer(t, box.Config{}, map[string]box.Func{
		"sleep": func(ctx context.Context, _ *box.Request) (any, error) {
			begun <- true
			err := reactor.Sleep(ctx, time.Hour)
			ended <- err
			return nil, err
		},
	})
	f := conn.Send(netbox.Call("sleep"))
	<-begun
	_ = srv.Close()
	if err := <-ended; err == nil {
		t.Error("the handler slept for an hour")
	}
	if _, err := f.Wait(context.Background()); err == nil {
		t.Error("the call was answered")
	}
}
