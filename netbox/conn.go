package netbox

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// A Conn is a connection to a server that outlives its socket: with
// Options.ReconnectAfter it is made again when it breaks. Any number of
// goroutines use it at once: their requests share the one socket, and each gets
// its own answer.
//
// What belongs to one socket is a link; what lasts is here.
type Conn struct {
	Requester

	// immutable after Connect
	peer    string
	network string
	address string
	opts    Options
	local   Local    // a server in this program; nil: none
	given   net.Conn // what to use instead of the address; nil: nothing
	log     *slog.Logger
	ctx     context.Context // done when Close is called
	cancel  context.CancelCauseFunc

	machine   machine
	live      atomic.Pointer[link] // takes requests; nil: there is none
	load      atomic.Int32         // requests under way, when Options.weighed
	reloading atomic.Bool          // the schema has changed and is being read

	mu      sync.Mutex
	link    *link   // the present one, live or not; nil: there was none yet
	closing bool    // Close was called
	fatal   bool    // it is not to be made again
	past    Metrics // what has passed through the links before the present one

	triggers triggers
	watchers watchers
	bell     bell          // wakes the worker
	schema   *schema       // immutable; those of one Group share it
	streams  atomic.Uint64 // how many there have been
	counts   connCounts

	closed reactor.Gate // opened when the worker has ended
}

// Version returns what the server's greeting says of its version, e.g.
// "3.3.0"; "" when it has not greeted yet. Safe to call from any goroutine.
func (c *Conn) Version() string { return c.current().greeting.Version }

// UUID returns the instance's UUID from the server's greeting. Safe to call
// from any goroutine.
func (c *Conn) UUID() string { return c.current().greeting.UUID }

// ProtocolVersion returns the version of the protocol the server speaks; 0 of
// one older than Tarantool 2.10. Safe to call from any goroutine.
func (c *Conn) ProtocolVersion() uint64 { return c.current().id.Version }

// Features returns what the server can do. Safe to call from any goroutine.
func (c *Conn) Features() iproto.Features { return c.current().id.Features }

// nobody is the server of a Conn that has not met one.
var nobody = &introduction{}

// current returns what the last server that was met said of itself.
func (c *Conn) current() *introduction {
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l == nil {
		return nobody
	}
	if i := l.intro.Load(); i != nil {
		return i
	}
	return nobody
}

// Peer returns the address given to Connect, without credentials. Safe to call
// from any goroutine.
func (c *Conn) Peer() string { return c.peer }

// String names the connection and its state, for logs; there is no password in
// it. Safe to call from any goroutine.
func (c *Conn) String() string { return "netbox.Conn(" + c.peer + ", " + c.State().String() + ")" }

// Err returns why there is no connection; nil while there is one, or while it is
// made for the first time. Safe to call from any goroutine.
func (c *Conn) Err() error {
	_, err := c.machine.now()
	return err
}

// Done returns a channel that is closed when the connection has ended for good,
// closed or broken. Triggers may still run then; WaitState waits for those, too.
// Safe to call from any goroutine.
func (c *Conn) Done() <-chan struct{} { return c.closed.Done() }

// Close ends the connection. Requests that were sent before still leave, but
// their answers are not waited for: they fail with a *ConnError that is
// ErrClosed. It returns when the socket is closed, which takes the FlushTimeout
// of the reactor when the server does not read; triggers may still run then. In a
// fiber it yields meanwhile; in a callback of a loop it does not wait. Closing
// twice is ErrClosed. Safe to call from any goroutine, and from fibers.
func (c *Conn) Close() error {
	again := c.beginClose()
	awaitClosed(c.opts.Reactor, &c.closed)
	if again {
		return ErrClosed
	}
	return nil
}

// beginClose makes the connection end soon, and reports whether it was to.
func (c *Conn) beginClose() (again bool) {
	c.mu.Lock()
	again = c.closing
	c.closing = true
	l := c.link
	c.mu.Unlock()
	if !again {
		c.cancel(ErrClosed)
		if l != nil {
			l.close()
		}
		c.bell.ring()
	}
	return again
}
