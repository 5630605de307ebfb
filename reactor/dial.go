package reactor

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

// ErrOnLoop is returned by a call that waits when it is made on the loop,
// which would wait for itself.
var ErrOnLoop = errors.New("reactor: a call that waits was made on the loop")

// Dial connects to address, as net.Dialer.DialContext does for the networks
// "tcp", "tcp4", "tcp6" and "unix", and makes an event-driven Conn of the
// connection. The addresses of a name are tried in turn until one answers or
// ctx is done. Names are resolved on a goroutine, never on the loop. In a fiber
// the connection joins the fiber's loop. Safe to call from any goroutine, and
// from fibers; in a callback of a loop it returns ErrOnLoop.
func (r *Reactor) Dial(ctx context.Context, network, address string, h Handler) (*Conn, error) {
	d, remote, err := r.Connect(ctx, network, address)
	if err != nil {
		return nil, err
	}
	fd, err := d.Release(ctx)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: remote, Err: err}
	}
	c := d.Loop().newConn(fd, remote, h)
	if err := c.loop.Post(c.open); err != nil {
		_ = sysClose(fd)
		return nil, &net.OpError{Op: "dial", Net: network, Addr: remote, Err: err}
	}
	return c, nil
}

// Connect is Dial for those who make something else of the connection: the
// Desc they get owns the connected socket. Safe to call from any goroutine, and
// from fibers; in a callback of a loop it returns ErrOnLoop.
func (r *Reactor) Connect(ctx context.Context, network, address string) (*Desc, net.Addr, error) {
	fail := func(addr net.Addr, err error) (*Desc, net.Addr, error) {
		return nil, nil, &net.OpError{Op: "dial", Net: network, Addr: addr, Err: err}
	}
	if r.inCallback() {
		return fail(nil, ErrOnLoop)
	}
	var addrs []net.Addr
	var err error
	Await(ctx, func() { addrs, err = resolve(ctx, network, address, false) })
	if err != nil {
		return fail(nil, err)
	}
	var errs []error
	for _, addr := range addrs {
		d, err := r.connect(ctx, addr)
		if err == nil {
			return d, addr, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil || errors.Is(err, ErrStopped) {
			break
		}
	}
	if len(errs) == 1 {
		return fail(addrs[0], errs[0])
	}
	return fail(addrs[len(errs)-1], errors.Join(errs...))
}

// connect tries one address.
func (r *Reactor) connect(ctx context.Context, addr net.Addr) (*Desc, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	fd, pending, err := sysConnect(addr)
	if err != nil {
		return nil, err
	}
	d, err := r.loopOf(ctx).Watch(fd)
	if err != nil {
		_ = sysClose(fd)
		return nil, err
	}
	if pending {
		err = d.connected(ctx)
	}
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// loopOf returns the loop for what the owner of ctx asks for: a fiber's own, so
// that it and its connections share one, and otherwise the next.
func (r *Reactor) loopOf(ctx context.Context) *Loop {
	if x := Current(ctx); x != nil && x.loop.id < len(r.loops) && r.loops[x.loop.id] == x.loop {
		return x.loop
	}
	return r.Next()
}

// connected waits for the outcome of a connect.
func (d *Desc) connected(ctx context.Context) error {
	ticket := Ticket{}
	for {
		if err := d.Await(ctx, Writable, ticket, time.Time{}); err != nil {
			return err
		}
		ticket = d.Ticket()
		if err := sysConnected(d.fd); !errors.Is(err, syscall.EAGAIN) {
			return err
		}
	}
}
