package main

import (
	"context"
	"fmt"

	"github.com/kharon-net/kharon/netbox"
)

// A question is a kind of request, of which the i-th has a known answer. Its
// methods write the request where it is sent, as a program would: then its
// arguments need no allocation.
type question interface {
	function() string // what the server must have; "": nothing
	send(c *netbox.Conn, i int) *netbox.Future
	do(ctx context.Context, c *netbox.Conn, i int, use func(netbox.Result) error) error
	check(i int, r netbox.Result) error
}

type ping struct{}

func (ping) function() string { return "" }

func (ping) send(c *netbox.Conn, _ int) *netbox.Future { return c.Send(netbox.Ping()) }

func (ping) do(ctx context.Context, c *netbox.Conn, _ int, use func(netbox.Result) error) error {
	return c.DoFunc(ctx, netbox.Ping(), use)
}

func (ping) check(int, netbox.Result) error { return nil }

// call asks for its own argument: a number below 128, which neither Go nor
// MessagePack needs more than a byte for.
type call struct{}

func (call) function() string { return "echo" }

func (call) send(c *netbox.Conn, i int) *netbox.Future {
	return c.Send(netbox.Call("echo", i&127))
}

func (call) do(ctx context.Context, c *netbox.Conn, i int, use func(netbox.Result) error) error {
	return c.DoFunc(ctx, netbox.Call("echo", i&127), use)
}

func (call) check(i int, r netbox.Result) error {
	got := r.Int(0)
	if err := r.Err(); err != nil {
		return fmt.Errorf("the answer of echo: %w", err)
	}
	if got != int64(i&127) {
		return fmt.Errorf("echo of %d answered %d", i&127, got)
	}
	return nil
}

// connect connects to the server at addr and makes sure that it answers q.
func connect(ctx context.Context, q question, addr string) (*netbox.Conn, error) {
	conn, err := netbox.Connect(ctx, addr, netbox.Options{})
	if err != nil {
		return nil, err
	}
	err = q.do(ctx, conn, 1, func(r netbox.Result) error { return q.check(1, r) })
	if err == nil {
		return conn, nil
	}
	_ = conn.Close()
	if q.function() != "" && ctx.Err() == nil {
		err = &missingError{q.function(), err}
	}
	return nil, err
}
