package netbox

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kharon-net/kharon/codec/iproto"
)

// Connect connects to the server at address: "host:port", "port",
// "unix/:path", or the path of a unix socket. It returns when the server has
// greeted and introduced itself, so that requests can be sent.
//
// The error is about the options or the address, a *net.OpError of dialling,
// what was wrong with the greeting, ctx's cause, or os.ErrDeadlineExceeded
// when Options.ConnectTimeout is over. Safe to call from any goroutine, and
// from fibers.
func Connect(ctx context.Context, address string, opts Options) (*Conn, error) {
	network, addr, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, opts.ConnectTimeout, errConnectTimeout)
	defer cancel()
	c := &Conn{peer: redact(address), opts: opts, log: opts.Logger}
	c.flushIt = c.flush
	rc, err := opts.Reactor.Dial(ctx, network, addr, peer{c})
	if err != nil {
		return nil, fmt.Errorf("netbox: %w", err)
	}
	if err := c.introduce(ctx); err != nil {
		rc.Abort(err)
		_ = c.closed.Wait(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("netbox: connecting to %s: %w", c.peer, err)
	}
	return c, nil
}

var errConnectTimeout = fmt.Errorf("connect timeout: %w", os.ErrDeadlineExceeded)

// introduce waits for the greeting and exchanges IDs. A server that does not
// know ID, which one before 2.10 does not, has no features.
func (c *Conn) introduce(ctx context.Context) error {
	if err := c.hello.Wait(ctx); err != nil {
		return err
	}
	if c.helloErr != nil {
		return c.helloErr
	}
	f := newFuture()
	if c.put(f, &Request{typ: iproto.TypeID, id: &iproto.ID{Version: iproto.ProtocolVersion}}) {
		c.flush()
	}
	if err := f.await(ctx); err != nil {
		return err
	}
	_, err := f.result()
	switch {
	case errors.Is(err, iproto.CodeUnknownRequestType):
		return nil
	case err != nil:
		return err
	}
	c.id, _, err = iproto.ParseID(f.body)
	f.Release()
	return err
}
