package main

import (
	"context"
	"fmt"

	"github.com/kharon-net/kharon/netbox"
)

// A question is a kind of request of which the i-th has a known answer.
type question struct {
	function string // what the server must have; "": nothing
	request  func(i int) netbox.Request
	check    func(i int, r netbox.Result) error
}

var ping = question{
	request: func(int) netbox.Request { return netbox.Ping() },
	check:   func(int, netbox.Result) error { return nil },
}

// call asks for its own argument: numbers below 128, which neither Go nor
// MessagePack needs more than a byte for.
var call = question{
	function: "echo",
	request:  func(i int) netbox.Request { return netbox.Call("echo", i&127) },
	check: func(i int, r netbox.Result) error {
		if got := r.Int(0); got != int64(i&127) || r.Err() != nil {
			return fmt.Errorf("echo of %d answered %d (%v)", i&127, got, r.Err())
		}
		return nil
	},
}

// connect connects to the server at addr and makes sure that it answers.
func (q *question) connect(ctx context.Context, addr string) (*netbox.Conn, error) {
	conn, err := netbox.Connect(ctx, addr, netbox.Options{})
	if err != nil {
		return nil, err
	}
	err = conn.DoFunc(ctx, q.request(1), func(r netbox.Result) error { return q.check(1, r) })
	if err != nil {
		conn.Close()
		if q.function != "" && ctx.Err() == nil {
			err = &missingError{q.function, err}
		}
		return nil, err
	}
	return conn, nil
}
