package netbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// A Conn is a connection to a server. Any number of goroutines use it at once:
// their requests share the one socket, and each gets its own answer.
type Conn struct {
	// immutable after Connect
	peer     string
	opts     Options
	log      *slog.Logger
	rc       *reactor.Conn
	greeting iproto.Greeting
	id       iproto.ID // what the server said of itself
	flushIt  func()    // c.flush, made once

	mu       sync.Mutex
	slots    slots
	out      []byte // requests encoded and not yet handed over
	spare    []byte // the other buffer
	handed   uint64 // bytes handed over since the beginning
	flushing bool   // somebody sees to out
	err      error  // why the connection has ended; nil: it has not

	// owned by the loop
	greeted bool
	offset  uint64   // of the bytes that OnData is given, in the stream
	arrived []answer // what one OnData has found

	closing atomic.Bool // Close was called

	hello  chan error    // the greeting's arrival: the loop sends once
	closed chan struct{} // closed by the loop when the connection has ended
}

// Version returns what the server's greeting says of its version, e.g.
// "3.3.0". Safe to call from any goroutine.
func (c *Conn) Version() string { return c.greeting.Version }

// UUID returns the instance's UUID from the server's greeting. Safe to call
// from any goroutine.
func (c *Conn) UUID() string { return c.greeting.UUID }

// ProtocolVersion returns the version of the protocol the server speaks; 0 of
// one older than Tarantool 2.10. Safe to call from any goroutine.
func (c *Conn) ProtocolVersion() uint64 { return c.id.Version }

// Features returns what the server can do. Safe to call from any goroutine.
func (c *Conn) Features() iproto.Features { return c.id.Features }

// Peer returns the address given to Connect, without credentials. Safe to call
// from any goroutine.
func (c *Conn) Peer() string { return c.peer }

// Err returns why the connection has ended, nil while it has not. Safe to call
// from any goroutine.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done returns a channel that is closed when the connection has ended. Safe to
// call from any goroutine.
func (c *Conn) Done() <-chan struct{} { return c.closed }

// Close ends the connection. Requests without an answer fail with a *ConnError
// that is ErrClosed; those among them that have been handed to the reactor
// still leave, and are not safe to retry. It returns when the connection has
// ended, which takes the FlushTimeout of the reactor when the server does not
// read. Closing twice is ErrClosed. Safe to call from any goroutine but a
// loop's.
func (c *Conn) Close() error {
	if c.closing.Swap(true) {
		<-c.closed
		return ErrClosed
	}
	c.refuse(ErrClosed)
	_ = c.rc.Loop().Post(c.abandon)
	_ = c.rc.Close()
	<-c.closed
	return nil
}

// Ping asks the server for an answer and waits for it. Safe to call from any
// goroutine but a loop's.
func (c *Conn) Ping(ctx context.Context) error {
	return c.DoFunc(ctx, Ping(), nil)
}

// Call calls a function of the server and waits for its results. Pushes are
// ignored; Send has them. Safe to call from any goroutine but a loop's.
func (c *Conn) Call(ctx context.Context, name string, args ...any) (Result, error) {
	return c.Do(ctx, Call(name, args...))
}

// Eval evaluates an expression on the server and waits for its results. Safe to
// call from any goroutine but a loop's.
func (c *Conn) Eval(ctx context.Context, expr string, args ...any) (Result, error) {
	return c.Do(ctx, Eval(expr, args...))
}
