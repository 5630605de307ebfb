//go:build linux

package client

import (
	"context"
	"fmt"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor"
)

var notYet = map[Op]string{Select: "it has no select yet"}

// kharon is package netbox, its callers being goroutines.
var kharon = &Library{Name: "kharon", missing: notYet, connect: func(addr string, s Shape) (runner, error) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		return nil, err
	}
	return connectKharon(r, addr, s, onGoroutine)
}}

// kharonFibers is package netbox, its callers being fibers of the connection's loop.
var kharonFibers = &Library{Name: "kharon-fibers", missing: notYet, async: "one caller that does not wait needs no fiber",
	connect: func(addr string, s Shape) (runner, error) {
		r, err := reactor.New(reactor.Config{Loops: 1})
		if err != nil {
			return nil, err
		}
		return connectKharon(r, addr, s, func(f func(context.Context)) error {
			_, err := r.Go(context.Background(), f)
			return err
		})
	}}

func connectKharon(r *reactor.Reactor, addr string, s Shape, start func(func(context.Context)) error) (runner, error) {
	ctx := context.Background()
	conn, err := netbox.Connect(ctx, addr, netbox.Options{Reactor: r})
	if err != nil {
		return nil, err
	}
	request, read, err := kharonRequest(s.Op)
	if err != nil {
		return nil, err
	}
	c := &crowd{callers: s.Callers, start: start, end: func() { _ = conn.Close(); _ = r.Shutdown(ctx) }}
	if s.Async {
		c.callers = 1
		c.caller = func(ctx context.Context, t *turns) error {
			send := func(i int) (*netbox.Future, error) { return conn.Send(request(i)), nil }
			return window(t, s.Callers, send, func(f *netbox.Future) error {
				defer f.Release()
				res, err := f.Wait(ctx)
				if err != nil {
					return err
				}
				return read(res)
			})
		}
		return c, nil
	}
	c.caller = func(ctx context.Context, t *turns) error {
		return t.each(func(i int) error { return conn.DoFunc(ctx, request(i), read) })
	}
	return c, nil
}

// kharonRequest returns how a request is made, and how its result is read.
func kharonRequest(op Op) (request func(i int) netbox.Request, read func(netbox.Result) error, err error) {
	switch op {
	case Ping:
		return func(int) netbox.Request { return netbox.Ping() }, func(netbox.Result) error { return nil }, nil
	case Call:
		return func(i int) netbox.Request { return netbox.Call("echo", i%keys) }, func(r netbox.Result) error {
			r.Int(0)
			return r.Err()
		}, nil
	}
	return nil, nil, fmt.Errorf("no request is called %q", op)
}
