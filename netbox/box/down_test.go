package box

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// shuttingDown starts a Shutdown and waits until the watcher has been told.
func shuttingDown(t *testing.T, ctx context.Context, srv *Server, watcher *raw) (ended chan error) {
	t.Helper()
	ended = make(chan error, 1) // Shutdown's goroutine sends
	go func() { ended <- srv.Shutdown(ctx) }()
	watcher.expectEvent(0, "box.shutdown", "c3")
	return ended
}

func watcherOfShutdown(t *testing.T, addr string) *raw {
	t.Helper()
	c := dialRaw(t, addr)
	c.watch("box.shutdown")
	c.expectEvent(0, "box.shutdown", "")
	c.watch("box.shutdown") // acknowledged
	c.expectSilence()
	return c
}

func TestS178ShutdownWaitsForThoseWhoWatchIt(t *testing.T) {
	srv, addr := start(t, Config{})
	plain, watcher := dialRaw(t, addr), watcherOfShutdown(t, addr)
	plain.expectAlive()
	ended := shuttingDown(t, patience(t), srv, watcher)
	t.Run("S179 requests are served, new connections are not", func(t *testing.T) {
		for _, c := range []*raw{plain, watcher} {
			c.write(call(1, "echo", 1))
			c.expectOK(1)
		}
		reactortest.Eventually(t, func() bool {
			probe, err := net.Dial("tcp", addr)
			if err == nil {
				probe.Close()
			}
			return err != nil
		}, "the listener to close")
	})
	select {
	case err := <-ended:
		t.Fatalf("Shutdown did not wait: %v", err)
	default:
	}
	watcher.hangUp("close")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	plain.expectEOF()
}

func TestS178ShutdownIsBounded(t *testing.T) {
	srv, addr := start(t, Config{})
	stubborn := watcherOfShutdown(t, addr)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := <-shuttingDown(t, ctx, srv, stubborn); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	stubborn.expectClosed()
}

func TestShutdownDoesNotWaitForWhoHasStoppedWatching(t *testing.T) {
	srv, addr := start(t, Config{})
	c := watcherOfShutdown(t, addr)
	ended := shuttingDown(t, patience(t), srv, c)
	c.unwatch("box.shutdown")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	c.expectEOF()
}

func TestShutdownLetsTriggersEnd(t *testing.T) {
	srv, addr := start(t, Config{})
	ended := make(chan struct{}) // closed by the trigger
	srv.OnDisconnect(func(Session) { time.Sleep(20 * time.Millisecond); close(ended) })
	dialRaw(t, addr).expectAlive()
	if err := srv.Shutdown(patience(t)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("Shutdown returned before the trigger of on_disconnect")
	}
}
