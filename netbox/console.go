package netbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Console is a connection to the console of a server. It evaluates Lua, or SQL
// after `\set language sql`, and answers in YAML. Any number of goroutines may
// use it at once; the server evaluates one piece of text after the other. It is
// not made again when it breaks.
//
// It speaks the text protocol of require('console').listen. Where it meets the
// binary protocol it uses that, as net.box does: for a user who may execute.
type Console struct {
	// immutable
	peer     string
	protocol consoleProtocol
}

// A consoleProtocol is how a Console speaks.
type consoleProtocol interface {
	eval(ctx context.Context, text string) (string, error)
	greeted() (version string)
	err() error
	done() <-chan struct{}
	close() error
}

// ErrConsoleText is the error of text that would make it unclear where answers
// end.
var ErrConsoleText = errors.New("netbox: can not be sent to a console")

// ConnectConsole connects to the console at address, which is as Connect takes
// it; a user in it counts for the binary protocol only. Close must be called in
// the end.
//
// The error is about the options or the address, a *net.OpError of dialling,
// what was wrong with the greeting, or os.ErrDeadlineExceeded when
// ConsoleOptions.ConnectTimeout is over. Safe to call from any goroutine, and
// from fibers.
func ConnectConsole(ctx context.Context, address string, opts ConsoleOptions) (*Console, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	network, addr, err := parseAddress(redact(address))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, opts.ConnectTimeout, errConnectTimeout)
	defer cancel()
	c := &Console{peer: redact(address)}
	c.protocol, err = dialText(ctx, c.peer, network, addr, opts)
	if other := (*iproto.ProtocolError)(nil); errors.As(err, &other) && other.Protocol == "Binary" {
		c.protocol, err = dialBinary(ctx, address, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("netbox: connecting to console %s: %w", c.peer, err)
	}
	return c, nil
}

// Eval evaluates a piece of text, of one line or several, and returns the answer
// as the console gives it: a YAML document, from "---\n" to "\n...\n". What goes
// wrong in Lua is no error here, but an answer: "- error: …". Lua that gives a
// text console another delimiter or another form of output leaves everybody
// without answers.
//
// The error is a *ConnError, ErrQueueFull, ErrConsoleText for a command that
// would change how answers end, the server's *Error for a user of the binary
// protocol who may not execute, or ctx's cause: the text may be evaluated then
// all the same. Safe to call from any goroutine, and from fibers.
func (c *Console) Eval(ctx context.Context, text string) (string, error) {
	return c.protocol.eval(ctx, text)
}

// Version returns what the server's greeting says of its version, e.g. "2.6.0".
// Safe to call from any goroutine.
func (c *Console) Version() string { return c.protocol.greeted() }

// Peer returns the address given to ConnectConsole, without credentials. Safe to
// call from any goroutine.
func (c *Console) Peer() string { return c.peer }

// IsConnected reports whether text is taken. Safe to call from any goroutine.
func (c *Console) IsConnected() bool { return c.Err() == nil }

// Err returns why the connection has ended; nil while it is there. Safe to call
// from any goroutine.
func (c *Console) Err() error { return c.protocol.err() }

// Done returns a channel that is closed when the connection has ended. Safe to
// call from any goroutine.
func (c *Console) Done() <-chan struct{} { return c.protocol.done() }

// Close ends the connection; who waits for an answer gets a *ConnError that is
// ErrClosed. In a fiber it yields until the socket is closed; in a callback of a
// loop it does not wait. Closing twice is ErrClosed. Safe to call from any
// goroutine, and from fibers.
func (c *Console) Close() error { return c.protocol.close() }
