//go:build linux

package trap

import (
	"context"
	"net"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/sockets"
)

// kharonSockets is Kharon's blocking-style layer.
var kharonSockets = &Subject{Name: "kharon-sockets", serve: serveSockets,
	dialInside: func(target string, done func(error)) error {
		return besides(serveSockets, func() {
			s, err := dialSocket(target)
			if err == nil {
				err = s.Close()
			}
			done(err)
		})
	},
	Absent: map[*Trap]string{dialAfterStop: "dialling needs nothing that could have stopped"},
}

func dialSocket(target string) (*sockets.Socket, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	return sockets.Connect(host, port, patience)
}

func serveSockets(network, addr string, app App) (*server, error) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		return nil, err
	}
	host, port := "unix/", addr
	if network != "unix" {
		if host, port, err = net.SplitHostPort(addr); err != nil {
			return nil, err
		}
	}
	srv := &sockets.Server{Reactor: r, Handler: func(ctx context.Context, s *sockets.Socket, _ sockets.Addr) {
		serveSocket(ctx, s, app)
	}}
	if err := srv.Start(context.Background(), host, port); err != nil {
		return nil, err
	}
	if network != "unix" {
		addr = srv.Addr().String()
	}
	return &server{addr: addr, drain: srv.Shutdown, stop: func() error {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = srv.Shutdown(ctx) // its error is that nobody waits
		return r.Close()
	}}, nil
}

// serveSocket is a connection's handler.
func serveSocket(ctx context.Context, s *sockets.Socket, app App) {
	if app.hold || app.untaken {
		<-ctx.Done() // it is busy with something else
		return
	}
	for {
		if app.takeNothing {
			_, _ = s.Discard(0, sockets.NoWait)
		}
		if _, err := s.Peek(1, sockets.Forever); err != nil {
			break
		}
		p, err := s.ReadN(s.Buffered(), time.Second)
		if err != nil {
			break
		}
		app.data(blocking{s}, p)
	}
	if app.linger {
		<-ctx.Done()
	}
}
