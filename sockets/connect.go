package sockets

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// Connect connects to port on host, a name or an address; the port is a number
// or the name of a service. With host "unix/" the port is the path of a unix
// socket. The addresses of a name are tried in turn until one answers. timeout
// is for all of it, the resolver included; 0 or less is ErrTimeout at once.
//
// The error is ErrTimeout, which is context.DeadlineExceeded here as well, or
// what went wrong, with a *net.DNSError inside when the name was not found.
// Safe to call from any goroutine but a loop's.
func Connect(host, port string, timeout time.Duration) (*Socket, error) {
	if timeout == Forever {
		return ConnectContext(background, host, port)
	}
	ctx, cancel := context.WithTimeout(background, timeout)
	defer cancel()
	return ConnectContext(ctx, host, port)
}

// ConnectContext is Connect until ctx is done: then the error is ErrTimeout if
// its deadline has passed, and its cause otherwise. In a fiber the socket is the
// fiber's. Safe to call from any goroutine, and from fibers.
func ConnectContext(ctx context.Context, host, port string) (*Socket, error) {
	network, address, err := target(host, port)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	r, err := reactor.Default()
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	desc, remote, err := r.Connect(ctx, network, address)
	if err != nil {
		return nil, dialError(ctx, err)
	}
	s := newSocket(desc, desc.FD(), remote)
	s.joinFiber(ctx)
	return s, nil
}

// dialError adds to the failure of a connect that ctx has ended it: as
// ErrTimeout when its deadline has passed.
func dialError(ctx context.Context, err error) error {
	op, ok := err.(*net.OpError) //nolint:errorlint // as the reactor returns it
	if ctx.Err() == nil || !ok {
		return err
	}
	if !errors.Is(op.Err, ctx.Err()) {
		op.Err = errors.Join(ctx.Err(), op.Err)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		op.Err = &timeoutError{op.Err}
	}
	return op
}
