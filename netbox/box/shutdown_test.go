package box

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// patience is a context for what ought to happen at once.
func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), reactortest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// bothReactors runs a test with a server on a reactor of its own, and on one it was given.
func bothReactors(t *testing.T, test func(t *testing.T, srv *Server, addr string)) {
	t.Run("own reactor", func(t *testing.T) {
		srv, addr := start(t, Config{})
		test(t, srv, addr)
	})
	t.Run("given reactor", func(t *testing.T) {
		r, err := reactor.New(reactor.Config{Loops: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		srv, addr := start(t, Config{Reactor: r})
		test(t, srv, addr)
		if n := r.Conns(); n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

func TestShutdownDeliversWhatIsUnderWay(t *testing.T) {
	const size = 20 << 20 // more than the kernel takes at once
	bothReactors(t, func(t *testing.T, srv *Server, addr string) {
		gate, began := make(chan struct{}), make(chan struct{})
		srv.Func("wait", func(context.Context, *Request) (any, error) {
			close(began)
			<-gate
			return make([]byte, size), nil
		})
		c := dialRaw(t, addr)
		c.write(call(1, "wait"))
		<-began
		ended := make(chan error, 1)
		go func() { ended <- srv.Shutdown(patience(t)) }()
		reactortest.Eventually(t, func() bool {
			probe, err := net.Dial("tcp", addr)
			if err == nil {
				probe.Close()
			}
			return err != nil
		}, "the listener to close")
		close(gate)
		if p := c.expectOK(1); len(p.body) < size {
			t.Errorf("the answer has %d bytes", len(p.body))
		}
		c.expectEOF()
		if err := <-ended; err != nil || len(srv.open()) > 0 {
			t.Errorf("Shutdown: %v, %d sessions left", err, len(srv.open()))
		}
		if err := srv.Shutdown(patience(t)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a second Shutdown: %v", err)
		}
		if _, err := srv.Listen("127.0.0.1:0"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Listen after Shutdown: %v", err)
		}
	})
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	bothReactors(t, func(t *testing.T, srv *Server, addr string) {
		began, cancelled := make(chan struct{}), make(chan struct{})
		srv.Func("wait", func(ctx context.Context, _ *Request) (any, error) {
			close(began)
			<-ctx.Done()
			close(cancelled)
			return nil, nil
		})
		c := dialRaw(t, addr)
		c.write(call(1, "wait"))
		<-began
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if n := len(srv.open()); n > 0 {
			t.Errorf("%d sessions left", n)
		}
		<-cancelled
		for err := error(nil); err == nil; { // an answer may still come
			_, err = c.next()
		}
	})
}

func TestCloseEndsTheServerAtOnce(t *testing.T) {
	bothReactors(t, func(t *testing.T, srv *Server, addr string) {
		c := dialRaw(t, addr)
		c.expectAlive()
		if err := srv.Close(); err != nil || len(srv.open()) > 0 {
			t.Errorf("Close: %v, %d sessions left", err, len(srv.open()))
		}
		if _, err := c.next(); err == nil {
			t.Error("the connection is still there")
		}
		if err := srv.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closing twice: %v", err)
		}
	})
}

func TestShutdownUnderFire(t *testing.T) {
	// Requests go on arriving while the last of them are waited for, and the count of them is 0 again and again.
	for range 20 {
		srv, addr := start(t, Config{})
		var wg sync.WaitGroup
		for range 4 {
			c := dialRaw(t, addr)
			wg.Go(func() {
				out := call(1, "nop")
				for {
					if _, err := c.Write(out); err != nil {
						return
					}
					if _, err := c.next(); err != nil {
						return
					}
				}
			})
		}
		c := dialRaw(t, addr)
		c.expectAlive()
		if err := srv.Shutdown(patience(t)); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
	}
}

func TestListenAndServeEndsWithItsContext(t *testing.T) {
	srv, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.ListenAndServe(ctx, "unix/:"+path) }()
	reactortest.Eventually(t, func() bool {
		probe, err := net.Dial("unix", path)
		if err == nil {
			probe.Close()
		}
		return err == nil
	}, "the server to listen")
	c := dialRaw(t, "unix/:"+path)
	c.expectAlive()
	cancel()
	c.expectEOF()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestListenAndServeLeavesNothingBehindWhenItCanNot(t *testing.T) {
	_, addr := start(t, Config{})
	srv, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	// TestMain would find the loops.
	if err := srv.ListenAndServe(context.Background(), addr); err == nil {
		t.Error("two servers on one address")
	}
}

func TestHalfCloseIsADisconnect(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	c.expectAlive()
	c.hangUp("half-close")
	if _, err := c.next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

func TestConfigIsCheckedAtTheDoor(t *testing.T) {
	for _, cfg := range []Config{
		{Mode: -1}, {Mode: 3}, {Workers: -1}, {MaxInFlight: -1}, {OutputBudget: -1}, {MaxPacket: iproto.MaxPacket + 1},
		{Version: "3.3"}, {Version: "three"}, {Version: "3.3.0-is-too-long-for-a-greeting"},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("New(%+v) was accepted", cfg)
		}
	}
}
