package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
)

// A kind is a kind of server.
type kind string

const (
	kindBox  kind = "box"  // Tarantool's protocol
	kindEcho kind = "echo" // bytes, event-driven
	kindLine kind = "line" // lines, blocking-style
	kindUDP  kind = "udp"  // datagrams, event-driven
)

// A scenario is one row of the table.
type scenario struct {
	name  string
	needs kind
	// prepare connects to a server at addr and returns the load to put on it.
	// A *missingError says that the server can not do what is needed.
	prepare func(ctx context.Context, addr string) (load, error)
}

// A load is what keeps a server busy.
type load interface {
	// run works until stop is set, finishes what it has begun, which is at
	// least one request, and returns how many were answered. It may be called
	// again.
	run(stop *atomic.Bool) (ops int64, err error)

	// latencies returns how long the requests took since it was last called.
	latencies() *latencies

	close()
}

// scenarios are all of them, in the order of the table.
var scenarios = []scenario{
	{"netbox/ping/async-512", kindBox, async(ping{}, 512)},
	{"netbox/ping/sync-1", kindBox, synchronous(ping{}, 1)},
	{"netbox/ping/sync-64", kindBox, synchronous(ping{}, 64)},
	{"netbox/ping/sync-512", kindBox, synchronous(ping{}, 512)},
	{"netbox/call/async-512", kindBox, async(call{}, 512)},
	{"netbox/call/sync-1", kindBox, synchronous(call{}, 1)},
	{"netbox/call/sync-64", kindBox, synchronous(call{}, 64)},
	{"netbox/call/sync-512", kindBox, synchronous(call{}, 512)},
	{"push/1x1000", kindBox, push(1000)},
	{"sockets/line/1", kindLine, pingPong(1)},
	{"sockets/line/64", kindLine, pingPong(64)},
	{"sockets/line/1024", kindLine, pingPong(1024)},
	{"reactor/echo/1", kindEcho, pingPong(1)},
	{"reactor/echo/64", kindEcho, pingPong(64)},
	{"reactor/echo/1024", kindEcho, pingPong(1024)},
	{"udp/echo/1", kindUDP, udpPingPong(1)},
	{"udp/echo/64", kindUDP, udpPingPong(64)},
}

// layer is the first part of the name.
func (s *scenario) layer() string {
	layer, _, _ := strings.Cut(s.name, "/")
	return layer
}

// selected returns the scenarios to run.
func (c *config) selected() []scenario {
	var list []scenario
	for _, s := range scenarios {
		if c.run.MatchString(s.name) && (c.addr == "" || s.needs == kindBox) {
			list = append(list, s)
		}
	}
	return list
}

// A missingError tells that a server lacks a function.
type missingError struct {
	function string
	err      error // what calling it brought
}

func (e *missingError) Error() string {
	return fmt.Sprintf("the server has no usable function %s: %v", e.function, e.err)
}

func (e *missingError) Unwrap() error { return e.err }
