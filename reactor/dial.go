package reactor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// ErrOnLoop is returned by a call that waits when it is made on the loop,
// which would wait for itself.
var ErrOnLoop = errors.New("reactor: a call that waits was made on the loop")

// defaultFallbackDelay is the Connection Attempt Delay that RFC 8305 recommends.
const defaultFallbackDelay = 250 * time.Millisecond

// A Dialer is how connections are made. The zero value works.
//
// A name is looked up for IPv4 and IPv6 at once, and its addresses are tried as
// RFC 8305 (Happy Eyeballs) has it: the families take turns, beginning with the
// one the resolver prefers; the next attempt begins FallbackDelay after the
// last one, or at once when one fails; the first to succeed wins, and the
// others are given up. A Dialer may be used by several callers at once.
type Dialer struct {
	// Reactor is where the connection will live. Nil means Default, or that of
	// Loop.
	Reactor *Reactor

	// Loop is the loop the connection will live on. Nil means the fiber's own
	// in a fiber of the reactor, and otherwise what Placement says.
	Loop *Loop

	// Placement is how the loop is chosen, when Loop is nil.
	Placement Placement

	// Timeout is for all of it, the resolver included. When it has passed the
	// error is ErrTimeout. 0 means that ctx alone ends it.
	Timeout time.Duration

	// FallbackDelay is how long an attempt has the field to itself. 0 means
	// 250 milliseconds; below 0 an attempt begins only when the last one has
	// failed.
	FallbackDelay time.Duration

	// Resolver looks up names. Nil means net.DefaultResolver.
	Resolver *net.Resolver

	// Prepare is called with the socket of each attempt before it connects, to
	// set its options, or to bind it; an error ends that attempt. Nil does
	// nothing. Called by the loop; must not block.
	Prepare func(fd int) error
}

func (d *Dialer) check() error {
	if d.Timeout < 0 {
		return fmt.Errorf("reactor: Dialer.Timeout is %v, want 0 or more", d.Timeout)
	}
	if d.Reactor != nil && d.Loop != nil && d.Loop.reactor != d.Reactor {
		return errors.New("reactor: Dialer.Loop is not a loop of Dialer.Reactor")
	}
	return d.Placement.check("Dialer.Placement")
}

// Dial connects to address, as net.Dialer.DialContext does for the networks
// "tcp", "tcp4", "tcp6" and "unix", and makes an event-driven Conn of the
// connection. It takes as long as it takes until ctx is done or Timeout has
// passed: also a unix socket whose queue is full is waited for. Names are
// looked up on a goroutine, never on the loop.
//
// The error is a *net.OpError. What each attempt said is in it, as a
// *net.OpError with its address, when there was more than one, and ctx's cause
// or ErrTimeout when that ended it. Safe to call from any goroutine, and from
// fibers with their contexts; in a callback of a loop, and in a fiber with another
// context, it returns ErrOnLoop.
func (d *Dialer) Dial(ctx context.Context, network, address string, h Handler) (*Conn, error) {
	if network == "unixpacket" {
		return nil, dialError(network, nil, errRecords)
	}
	x, err := d.race(ctx, network, address, &race{h: h})
	if err != nil {
		return nil, err
	}
	return x.conn, nil
}

// Connect is Dial for those who make something else of the connection, and for
// the network "unixpacket": the Desc they get owns the connected socket. Safe
// to call from any goroutine, and from fibers; in a callback of a loop it
// returns ErrOnLoop.
func (d *Dialer) Connect(ctx context.Context, network, address string) (*Desc, net.Addr, error) {
	x, err := d.race(ctx, network, address, &race{raw: true})
	if err != nil {
		return nil, nil, err
	}
	return x.desc, x.remote, nil
}

// DialFunc is Dial for callers that can not wait, such as callbacks of a loop:
// done is called once with the outcome, on the connection's loop and before
// the handler's OnOpen. If the loop stops before a name was resolved, done is
// called on another goroutine, with ErrStopped. When DialFunc itself returns an
// error, done is not called. Safe to call from any goroutine.
func (d *Dialer) DialFunc(ctx context.Context, network, address string, h Handler, done func(c *Conn, err error)) error {
	if network == "unixpacket" {
		return dialError(network, nil, errRecords)
	}
	x := &race{h: h}
	x.done = func() { done(x.conn, x.err) }
	return d.begin(ctx, network, address, x)
}

// Dial is Dialer.Dial with no more said than the reactor. Safe to call from any
// goroutine, and from fibers; in a callback of a loop it returns ErrOnLoop.
func (r *Reactor) Dial(ctx context.Context, network, address string, h Handler) (*Conn, error) {
	return (&Dialer{Reactor: r}).Dial(ctx, network, address, h)
}

// Connect is Dialer.Connect with no more said than the reactor. Safe to call
// from any goroutine, and from fibers; in a callback of a loop it returns
// ErrOnLoop.
func (r *Reactor) Connect(ctx context.Context, network, address string) (*Desc, net.Addr, error) {
	return (&Dialer{Reactor: r}).Connect(ctx, network, address)
}

// race begins x and waits for its end.
func (d *Dialer) race(ctx context.Context, network, address string, x *race) (*race, error) {
	x.waited = true
	if err := d.begin(ctx, network, address, x); err != nil {
		return nil, err
	}
	if err := x.end.Wait(context.WithoutCancel(ctx)); err != nil { // the fiber's loop has stopped
		x.forsake()
		return nil, dialError(network, nil, err)
	}
	return x, x.err
}

// begin fills x in and sends it to its loop, through the resolver if need be.
func (d *Dialer) begin(ctx context.Context, network, address string, x *race) error {
	x.Dialer, x.network, x.cancel = *d, network, func() {}
	r, err := x.settle(ctx)
	switch {
	case err != nil:
	case x.waited && r.onLoop() && Current(ctx) == nil: // a fiber waits with its own context
		err = ErrOnLoop
	default:
		err = context.Cause(ctx)
	}
	if err != nil {
		return dialError(network, nil, err)
	}
	if d.Timeout > 0 {
		ctx, x.cancel = context.WithTimeoutCause(ctx, d.Timeout, ErrTimeout)
	}
	x.ctx = ctx
	if literal(network, address) || x.waited && Current(ctx) == nil {
		return x.enter(r, address)
	}
	r.resolvers.run(func() {
		if err := x.enter(r, address); err != nil {
			x.misfire(r, err)
		}
	})
	return nil
}

// misfire ends a race that has not reached its loop.
func (x *race) misfire(r *Reactor, err error) {
	if x.Loop == nil {
		x.Loop = r.Next()
	}
	if x.Loop.Post(func() { x.conclude(err) }) != nil {
		x.conclude(err)
	}
}

// settle finds the reactor, and the loop if that does not depend on the peer.
func (x *race) settle(ctx context.Context) (*Reactor, error) {
	err := x.check()
	r := x.Reactor
	if x.Loop != nil && r == nil {
		r = x.Loop.reactor
	}
	if r == nil && err == nil {
		r, err = Default()
	}
	if err != nil {
		return nil, err
	}
	if f := Current(ctx); x.Loop == nil && f != nil && f.loop.reactor == r {
		x.Loop = f.loop
	}
	return r, nil
}

// loopOf returns the loop for what the owner of ctx asks for: a fiber's own, so
// that what it waits for shares its loop, and otherwise the next.
func (r *Reactor) loopOf(ctx context.Context) *Loop {
	if f := Current(ctx); f != nil && f.loop.reactor == r {
		return f.loop
	}
	return r.Next()
}

func dialError(network string, addr net.Addr, err error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: addr, Err: err}
}
