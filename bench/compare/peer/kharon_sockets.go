//go:build linux

package peer

import (
	"context"
	"net"

	"github.com/kharon-net/kharon/sockets"
)

// kharonSockets is the blocking-style layer: a handler on a goroutine for each
// connection, as in the package documentation of sockets.
var kharonSockets = &Peer{Name: "kharon-sockets",
	starts: map[Kind]start{
		Echo: func(listen string) (string, error) { return startSockets(listen, sockets.Goroutine, socketEcho) },
		Line: func(listen string) (string, error) { return startSockets(listen, sockets.Goroutine, socketLine) },
		Push: func(listen string) (string, error) {
			serve := netPush()
			return startSockets(listen, sockets.Goroutine, func(_ context.Context, s *sockets.Socket, _ sockets.Addr) { serve(s) })
		},
	},
}

// kharonFibers is the same code with the handlers as fibers on the loop.
var kharonFibers = &Peer{Name: "kharon-fibers",
	starts: map[Kind]start{
		Echo: func(listen string) (string, error) { return startSockets(listen, sockets.Fiber, socketEcho) },
		Line: func(listen string) (string, error) { return startSockets(listen, sockets.Fiber, socketLine) },
	},
	missing: map[Kind]string{Push: "a producer on a goroutine writes to sockets of goroutines"},
}

func startSockets(addr string, mode sockets.Mode, h sockets.Handler) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	srv := &sockets.Server{Handler: h, Mode: mode}
	if err := srv.Start(context.Background(), host, port); err != nil {
		return "", err
	}
	return srv.Addr().String(), nil
}

func socketEcho(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
	netEcho()(s)
}

func socketLine(_ context.Context, s *sockets.Socket, _ sockets.Addr) {
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
