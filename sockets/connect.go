package sockets

import (
	"context"
	"time"
)

// Connect connects to port on host, a name or an address; the port is a number
// or the name of a service. With host "unix/" the port is the path of a unix
// socket. Of several addresses the one that answers first is taken, as by a
// Dialer. timeout is for all of it, the resolver included; 0 or less is
// ErrTimeout at once.
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
	var d Dialer
	return d.Connect(ctx, host, port)
}
