package netbox

import (
	"context"
	"fmt"
	"sync/atomic"
)

// A Group is several connections to one server behind the methods of one: where
// one socket, or the one loop that reads it, is too narrow. Each request goes to
// the connection with the least requests under way, so that there is no order
// between them. A stream, a statement that was prepared and a watcher stick to
// one connection. What one connection has read of the schema all know.
type Group struct {
	Requester

	// immutable after ConnectGroup
	conns []*Conn
	route route

	closed atomic.Bool
}

// MaxSockets is the most connections of a Group.
const MaxSockets = 1024

// ConnectGroup connects to the server at address, as Connect does, with that
// many sockets. It returns when all are active, or at once with Options.NoWait.
// The error is that of Connect. Close must be called in the end. Safe to call
// from any goroutine, and from fibers.
func ConnectGroup(ctx context.Context, address string, sockets int, opts Options) (*Group, error) {
	if sockets < 1 || sockets > MaxSockets {
		return nil, fmt.Errorf("netbox: ConnectGroup with %d sockets, want 1 to %d", sockets, MaxSockets)
	}
	wait := !opts.NoWait
	opts.NoWait, opts.weighed, opts.schema = true, true, &schema{}
	g := &Group{}
	for range sockets {
		c, err := Connect(context.Background(), address, opts) // each on the next loop, whoever calls
		if err != nil {
			_ = g.Close()
			return nil, err
		}
		g.conns = append(g.conns, c)
	}
	g.route.group = g
	g.Requester = Requester{conn: g.conns[0], route: &g.route}
	if !wait {
		return g, nil
	}
	for _, c := range g.conns {
		if err := c.arrive(ctx); err != nil {
			_ = g.Close()
			return nil, err
		}
	}
	return g, nil
}

// pick returns the connection for the next request: one that takes requests, if
// any does, else one that will.
func (g *Group) pick() *Conn {
	c, _ := lightest(g.conns)
	return c
}

// Conns returns the connections, for their triggers, states and metrics. The
// slice must not be changed. Safe to call from any goroutine.
func (g *Group) Conns() []*Conn { return g.conns }

// States returns the state of each connection. Safe to call from any goroutine.
func (g *Group) States() []State {
	states := make([]State, len(g.conns))
	for i, c := range g.conns {
		states[i] = c.State()
	}
	return states
}

// IsConnected reports whether any of the connections takes requests. Safe to
// call from any goroutine.
func (g *Group) IsConnected() bool {
	for _, c := range g.conns {
		if c.IsConnected() {
			return true
		}
	}
	return false
}

// WaitConnected is Conn.WaitConnected for all of the connections. Safe to call
// from any goroutine, and from fibers; not from a trigger.
func (g *Group) WaitConnected(ctx context.Context) error {
	for _, c := range g.conns {
		if err := c.WaitConnected(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Watch is Conn.Watch on one of the connections. Safe to call from any
// goroutine.
func (g *Group) Watch(key string, f func(key string, value Value)) (*Watcher, error) {
	return g.conns[0].Watch(key, f)
}

// Err returns why there is no connection; nil while there is any, or while they
// are made for the first time. Safe to call from any goroutine.
func (g *Group) Err() error {
	for _, c := range g.conns {
		if c.IsConnected() {
			return nil
		}
	}
	return g.conns[0].Err()
}

// Peer returns the address given to ConnectGroup, without credentials. Safe to
// call from any goroutine.
func (g *Group) Peer() string { return g.conns[0].Peer() }

// String names the group, for logs; there is no password in it. Safe to call
// from any goroutine.
func (g *Group) String() string {
	return fmt.Sprintf("netbox.Group(%s, %d sockets)", g.Peer(), len(g.conns))
}

// Metrics returns the sums of what has happened on the connections. The state is
// StateActive when any connection has it, else that of the first one. Safe to
// call from any goroutine.
func (g *Group) Metrics() Metrics {
	sum := g.conns[0].Metrics()
	for _, c := range g.conns[1:] {
		m := c.Metrics()
		sum.add(&m)
	}
	return sum
}

// add adds what has happened on another connection.
func (m *Metrics) add(o *Metrics) {
	if o.State == StateActive {
		m.State = StateActive
	}
	m.Counts.add(&o.Counts)
	m.InFlight += o.InFlight
	m.BytesIn += o.BytesIn
	m.BytesOut += o.BytesOut
	m.Connects += o.Connects
	m.Failures += o.Failures
	m.Reconnects += o.Reconnects
	m.Reloads += o.Reloads
	m.Retries += o.Retries
}

// Close closes all connections, as Conn.Close does. Closing twice is ErrClosed.
// Safe to call from any goroutine, and from fibers.
func (g *Group) Close() error {
	again := g.closed.Swap(true)
	for _, c := range g.conns {
		c.beginClose()
	}
	for _, c := range g.conns {
		_ = c.Close() // it waits
	}
	if again {
		return ErrClosed
	}
	return nil
}
