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
		Echo: func(listen string) (string, error) { return startSockets(listen, socketEcho) },
		Line: func(listen string) (string, error) { return startSockets(listen, socketLine) },
		Push: func(listen string) (string, error) {
			serve := netPush()
			return startSockets(listen, func(_ context.Context, s *sockets.Socket, _ sockets.Addr) { serve(s) })
		},
	},
}

func startSockets(addr string, h sockets.Handler) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	srv, err := sockets.TCPServer(host, port, h)
	if err != nil {
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
