package sockets

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

func TestShutdownWaitsForHandlers(t *testing.T) {
	var done atomic.Bool
	begun := make(chan struct{})
	srv := serve(t, &Server{Handler: func(_ context.Context, s *Socket, _ Addr) {
		close(begun)
		_, _ = s.ReadUntil(soon, "\n")
		done.Store(true)
	}})
	c := connect(t, srv)
	<-begun
	time.AfterFunc(short, func() { _ = c.Close() })
	if err := srv.Shutdown(context.Background()); err != nil || !done.Load() {
		t.Errorf("Shutdown: %v, the handler has returned: %v", err, done.Load())
	}
}

func TestShutdownGivesHandlersUp(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error, 1)
	srv := serve(t, &Server{Handler: func(ctx context.Context, s *Socket, _ Addr) {
		close(begun)
		_, err := s.ReadUntil(Forever, "\n")
		<-ctx.Done()
		ended <- err
	}})
	connect(t, srv)
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), short)
	defer cancel()
	wantIs(t, srv.Shutdown(ctx), context.DeadlineExceeded)
	wantIs(t, <-ended, net.ErrClosed)
}

func TestTheEndOfStartsContextStopsAccepting(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	begun, told := make(chan struct{}), make(chan struct{})
	srv := &Server{Handler: func(ctx context.Context, _ *Socket, _ Addr) {
		close(begun)
		<-ctx.Done()
		close(told)
	}}
	if err := srv.Start(ctx, "127.0.0.1", "0"); err != nil {
		t.Fatal(err)
	}
	connect(t, srv)
	<-begun
	cancel()
	<-told
	if err := srv.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}
