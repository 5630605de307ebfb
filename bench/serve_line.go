package main

import (
	"context"
	"net"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/sockets"
)

// lineService is the kind line: a blocking-style server that sends back lines.
type lineService struct {
	srv   *sockets.Server
	where string
}

func serveLine(r *reactor.Reactor, cfg *config) (service, error) {
	host, port, err := net.SplitHostPort(cfg.listen)
	if err != nil {
		return nil, err
	}
	srv, where := &sockets.Server{Handler: lines, Name: "line", Reactor: r}, "goroutine"
	if cfg.mode == "fiber" {
		srv.Mode, where = sockets.Fiber, cfg.mode
	}
	if err := srv.Start(context.Background(), host, port); err != nil {
		return nil, err
	}
	return &lineService{srv, where}, nil
}

func lines(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
	for {
		line, err := s.ReadUntil(sockets.Forever, "\n")
		if err != nil {
			return
		}
		if _, err := s.Write(line); err != nil {
			return
		}
	}
}

func (s *lineService) address() string { return s.srv.Addr().String() }

func (s *lineService) mode() string { return s.where }

// shutdown does not wait: a handler that waits for a line would never return.
func (s *lineService) shutdown(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return s.srv.Shutdown(ctx)
}
