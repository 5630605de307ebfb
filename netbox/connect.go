package netbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/kharon-net/kharon/reactor"
)

// Connect connects to the server at address: "host:port", "port",
// "unix/:path", or the path of a unix socket, with "user:password@" before it
// if need be, and parameters behind it: "?auth_type=pap-sha256&transport=ssl" with
// the files ssl_ca_file, ssl_cert_file and ssl_key_file. It returns when requests can be sent, or at once with
// Options.NoWait. With Options.ReconnectAfter failures are not the end of it: it
// tries until ctx is done. Close must be called in the end.
//
// The error is about the options or the address, a *net.OpError of dialling,
// what was wrong with the greeting, the server's *Error, ctx's cause, or
// os.ErrDeadlineExceeded when Options.ConnectTimeout is over. Safe to call from
// any goroutine, and from fibers.
func Connect(ctx context.Context, address string, opts Options) (*Conn, error) {
	network, addr, err := opts.parse(address)
	if err != nil {
		return nil, err
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	c := &Conn{peer: redact(address), network: network, address: addr, opts: opts, log: opts.Logger}
	return c.begin(ctx)
}

// begin starts the worker and waits, if need be.
func (c *Conn) begin(ctx context.Context) (*Conn, error) {
	c.Requester = Requester{conn: c}
	if c.schema = c.opts.schema; c.schema == nil {
		c.schema = &schema{}
	}
	c.machine.reconnects = c.opts.ReconnectAfter > 0
	c.machine.trace = c.opts.Trace
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.watchers.conn = c
	if !c.opts.NoGracefulShutdown {
		c.watchShutdown()
	}
	if err := c.start(ctx); err != nil {
		return nil, fmt.Errorf("netbox: connecting to %s: %w", c.peer, err)
	}
	if c.opts.NoWait {
		return c, nil
	}
	if err := c.arrive(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// arrive waits until the connection is active for the first time, and closes it
// when it will not be.
func (c *Conn) arrive(ctx context.Context) error {
	state, err := c.machine.wait(ctx, false, StateActive)
	if err == nil && state == StateActive {
		return nil
	}
	_, reason := c.machine.now()
	switch {
	case err == nil:
		err = reason
	case reason != nil && !errors.Is(err, reactor.ErrStopped):
		err = fmt.Errorf("%w; the last attempt: %w", err, reason)
	}
	_ = c.Close()
	return fmt.Errorf("netbox: connecting to %s: %w", c.peer, err)
}
