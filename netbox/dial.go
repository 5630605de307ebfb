package netbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/kharon-net/kharon/reactor"
)

// dial connects l to the server.
func (c *Conn) dial(ctx context.Context, l *link) error {
	var err error
	switch {
	case c.local != nil:
		err = c.join(l, reactor.Current(ctx).Loop())
	case c.given != nil:
		newNetWire(l, reactor.Current(ctx).Loop(), c.given) // there is one attempt
	case c.opts.TLS != nil:
		err = c.dialTLS(ctx, l)
	default:
		rc, e := c.opts.Reactor.Dial(ctx, c.network, c.address, peer{l})
		if e == nil {
			l.attach(rc)
		}
		err = e
	}
	if err != nil {
		return fmt.Errorf("netbox: %w", err)
	}
	return nil
}

// dialTLS connects and shakes hands, off the loop.
func (c *Conn) dialTLS(ctx context.Context, l *link) (err error) {
	var conn net.Conn
	config := c.opts.TLS
	if host, _, err := net.SplitHostPort(c.address); err == nil && config.ServerName == "" && !config.InsecureSkipVerify {
		config = config.Clone()
		config.ServerName = host
	}
	reactor.Await(ctx, func() {
		dialer := &tls.Dialer{Config: config}
		conn, err = dialer.DialContext(ctx, c.network, c.address)
	})
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(context.Cause(ctx), err)
		}
		return err
	}
	newNetWire(l, reactor.Current(ctx).Loop(), conn)
	return nil
}

// ConnectConn makes a Conn of a connection that exists, to a server that has not
// been greeted yet. It belongs to the Conn from then on, and is not made again:
// with Options.ReconnectAfter set the error says so. Safe to call from any
// goroutine, and from fibers.
func ConnectConn(ctx context.Context, conn net.Conn, opts Options) (*Conn, error) {
	switch {
	case opts.ReconnectAfter > 0:
		return nil, errors.New("netbox: Options.ReconnectAfter is set, but a connection that is given can not be made again")
	case opts.TLS != nil:
		return nil, errors.New("netbox: Options.TLS is set, but a connection that is given is as it is")
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	c := &Conn{peer: "fd", opts: opts, log: opts.Logger, given: conn}
	if addr := conn.RemoteAddr(); addr != nil && addr.String() != "" {
		c.peer = addr.String()
	}
	begun, err := c.begin(ctx)
	if err != nil {
		_ = conn.Close()
	}
	return begun, err
}

// ConnectFD makes a Conn of a socket that is connected, to a server that has not
// been greeted yet. The descriptor belongs to the Conn from then on, also when
// there is an error. Otherwise it is ConnectConn. Safe to call from any
// goroutine, and from fibers.
func ConnectFD(ctx context.Context, fd uintptr, opts Options) (*Conn, error) {
	f := os.NewFile(fd, "netbox")
	if f == nil {
		return nil, fmt.Errorf("netbox: Invalid fd: %d", int(fd))
	}
	conn, err := net.FileConn(f)
	_ = f.Close() // conn has a descriptor of its own
	if err != nil {
		return nil, fmt.Errorf("netbox: fd %d: %w", fd, err)
	}
	c, err := ConnectConn(ctx, conn, opts)
	if err != nil {
		_ = conn.Close()
	}
	return c, err
}
