package netbox

import (
	"context"
	"errors"

	"github.com/kharon-net/kharon/netbox/internal/pipe"
	"github.com/kharon-net/kharon/reactor"
)

// A Local is a server in this program: a *box.Server.
type Local interface {
	// Join takes in a client that runs on the given loop, and returns the
	// client's end of a connection without a socket. It is for Self.
	Join(client *reactor.Loop) (*pipe.End, error)
}

// Self connects to a server in this program, as net.self does in Tarantool, but
// as any other client: with the same requests, pushes, watchers, streams and
// spaces, the same encoding, a session of its own, and the guest's rights unless
// opts has a user. There is no socket, and no port; the bytes go from one buffer
// to the other. It is fastest when opts.Reactor is the server's.
//
// Different from net.self, values are copied as they would be on their way to
// another program, requests may wait, and Close closes. Options.TLS must not be
// set. The server's Stats, limits and Shutdown hold for it as for others. Errors
// are those of Connect, and net.ErrClosed of a server that has ended. Safe to
// call from any goroutine, and from fibers.
func Self(ctx context.Context, srv Local, opts Options) (*Conn, error) {
	if opts.TLS != nil {
		return nil, errors.New("netbox: Options.TLS is set, but a server in this program needs none")
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	return (&Conn{peer: pipe.Addr{}.String(), opts: opts, log: opts.Logger, local: srv}).begin(ctx)
}

// join connects l to the server in this program. Called on the loop, which has
// nothing for the end before this returns.
func (c *Conn) join(l *link, loop *reactor.Loop) error {
	end, err := c.local.Join(loop)
	if err != nil {
		return err
	}
	l.attach(end)
	end.Open(inside{l})
	return nil
}

var _ wire = (*pipe.End)(nil)

// inside is a link as the handler of a pipe.
type inside struct{ *link }

// OnData takes every complete packet in p to its future.
func (h inside) OnData(p []byte) int { return h.received(p) }

// OnPressure tells that the server takes the output more slowly than it is
// produced, or has caught up.
func (h inside) OnPressure(high bool) { h.press(high) }

// OnClose is the end.
func (h inside) OnClose(err error) { h.ended(err) }

// OnDrain is not asked for.
func (h inside) OnDrain() {}

// OnHangup does not happen: a link does not pause.
func (h inside) OnHangup() {}
