package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
)

// boxService is the kind box: the functions that the scenarios, and tests of
// clients, call.
type boxService struct {
	srv   *box.Server
	addr  net.Addr
	where string
}

// modes are the values of -mode.
var modes = map[string]box.Mode{"goroutine": box.Goroutine, "fiber": box.Fiber, "inline": box.Inline}

// waiting is the mode for a function that waits.
func waiting(m box.Mode) box.Mode {
	if m == box.Inline {
		return box.Goroutine
	}
	return m
}

func serveBox(r *reactor.Reactor, cfg *config) (service, error) {
	srv, err := box.New(box.Config{Mode: modes[cfg.mode], Reactor: r})
	if err != nil {
		return nil, err
	}
	srv.Func("echo", echo)
	srv.Func("nop", nop)
	srv.Func("push_n", pushN)
	srv.Func("fail", fail)
	srv.FuncWith(box.FuncOptions{Mode: waiting(modes[cfg.mode])}, "sleep", sleep)
	addr, err := srv.Listen(cfg.listen)
	if err != nil {
		_ = srv.Close()
		return nil, err
	}
	return &boxService{srv, addr, cfg.mode}, nil
}

func (s *boxService) address() string { return s.addr.String() }

func (s *boxService) mode() string { return s.where }

func (s *boxService) shutdown(ctx context.Context) error { return s.srv.Shutdown(ctx) }

// echo returns its arguments.
func echo(_ context.Context, req *box.Request) (any, error) { return req.Args(), nil }

// nop returns nothing.
func nop(context.Context, *box.Request) (any, error) { return nil, nil }

// pushN pushes 1 to n and returns n.
func pushN(_ context.Context, req *box.Request) (any, error) {
	n, session := req.Args().Int(0), req.Session()
	if err := req.Args().Err(); err != nil {
		return nil, err
	}
	for i := int64(1); i <= n; i++ {
		if err := session.Push(i); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// sleep waits for so many seconds and returns them.
func sleep(ctx context.Context, req *box.Request) (any, error) {
	seconds := req.Args().Float(0)
	if err := req.Args().Err(); err != nil {
		return nil, err
	}
	err := reactor.Sleep(ctx, time.Duration(seconds*float64(time.Second)))
	return seconds, err
}

// fail fails with its argument as the message.
func fail(_ context.Context, req *box.Request) (any, error) {
	message := req.Args().String(0)
	if err := req.Args().Err(); err != nil {
		return nil, err
	}
	return nil, errors.New(message)
}
