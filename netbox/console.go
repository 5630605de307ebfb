package netbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/kharon-net/kharon/reactor"
)

// The text protocol of a console, which knows no numbers: answers come in the
// order of the lines.
//
//	S: Tarantool 2.6.0 (Lua console)\ntype 'help' …\n      128 bytes, padded
//	C: text $EOF$ \n                                      as many lines as there are in it
//	S: %TAG !push! …\n--- …\n...\n                        a push, any number of them
//	S: --- …\n...\n                                       the answer, a YAML document

// consoleMark ends what is sent, so that it may have several lines. It is the
// one net.box used.
const consoleMark = "$EOF$"

// consoleEnd ends what is received: the end of a YAML document.
const consoleEnd = "\n...\n"

// ErrConsoleText is the error of text that would make it unclear where answers
// end.
var ErrConsoleText = errors.New("netbox: can not be sent to a console")

// consoleSettings are the commands that change how lines and answers end.
var consoleSettings = regexp.MustCompile(`^\s*\\s(et)?\s+(output|o|delimiter|delim|d)\b`)

// A Console is a connection to the text console of a server: of
// require('console').listen. It evaluates Lua, or SQL after `\set language sql`,
// and answers in YAML. Any number of goroutines may use it at once; the server
// evaluates one line after the other. It is not made again when it breaks.
type Console struct {
	// immutable after ConnectConsole
	peer    string
	opts    ConsoleOptions
	version string
	wire    *reactor.Conn

	ended reactor.Gate // opened by the loop when the socket is closed
	hello reactor.Gate // opened by the loop with the greeting, or when there is none

	mu      sync.Mutex
	pending []*consoleAnswer // in the order they were sent
	handed  uint64           // bytes since the beginning
	closing bool
	err     error // why no line is taken; nil: they are
}

// A consoleAnswer is what comes of a line.
type consoleAnswer struct {
	start uint64 // of the line, in bytes since the beginning
	text  string // written before there opens, as err is
	err   error
	there reactor.Gate
}

// ConnectConsole connects to the console at address: "host:port", "unix/:path"
// or the path of a unix socket. Close must be called in the end.
//
// The error is about the options or the address, a *net.OpError of dialling,
// what was wrong with the greeting, or os.ErrDeadlineExceeded when
// ConsoleOptions.ConnectTimeout is over. Safe to call from any goroutine, and
// from fibers.
func ConnectConsole(ctx context.Context, address string, opts ConsoleOptions) (*Console, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	network, addr, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	c := &Console{peer: address, opts: opts}
	ctx, cancel := context.WithTimeoutCause(ctx, opts.ConnectTimeout, errConnectTimeout)
	defer cancel()
	reader, err := newConsoleReader(c)
	if err != nil {
		return nil, err
	}
	if c.wire, err = opts.Reactor.Dial(ctx, network, addr, reader); err == nil {
		err = c.begin(ctx, reader)
	}
	if err != nil {
		return nil, fmt.Errorf("netbox: connecting to console %s: %w", c.peer, err)
	}
	return c, nil
}

// begin awaits the greeting and agrees on how lines end.
func (c *Console) begin(ctx context.Context, reader *consoleReader) error {
	err := c.hello.Wait(ctx)
	if err == nil {
		err = reader.refused
	}
	if err == nil {
		c.version = reader.version
		err = c.setDelimiter(ctx)
	}
	if err != nil {
		c.wire.Abort(err)
		awaitClosed(c.opts.Reactor, &c.ended)
	}
	return err
}

func (c *Console) setDelimiter(ctx context.Context) error {
	answer, err := c.exchange(ctx, `require('console').delimiter('`+consoleMark+`')`+"\n")
	if err == nil && answer != "---"+consoleEnd {
		err = fmt.Errorf("netbox: the console does not take a delimiter: %q", answer)
	}
	return err
}

// Eval evaluates a piece of text, of one line or several, and returns the answer
// as the console gives it: a YAML document, from "---\n" to "\n...\n". What goes
// wrong in Lua is no error here, but an answer: "- error: …". Lua that gives the
// console another delimiter or another form of output leaves everybody without
// answers.
//
// The error is a *ConnError, ErrQueueFull, ErrConsoleText for a command that
// would change how answers end, or ctx's cause: the text may be evaluated then
// all the same. Safe to call from any goroutine, and from fibers.
func (c *Console) Eval(ctx context.Context, text string) (string, error) {
	if strings.Contains(text, consoleMark) || consoleSettings.MatchString(text) {
		return "", fmt.Errorf("%w: %.40q", ErrConsoleText, text)
	}
	return c.exchange(ctx, text+consoleMark+"\n")
}

// exchange sends text and waits for the answer.
func (c *Console) exchange(ctx context.Context, text string) (string, error) {
	a, err := c.send(text)
	if err != nil {
		return "", err
	}
	if err := a.there.Wait(ctx); err != nil {
		return "", err // the answer keeps its place
	}
	return a.text, a.err
}

// send sends text, whose answer is the next one.
func (c *Console) send(text string) (*consoleAnswer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return nil, &ConnError{Peer: c.peer, Err: c.err}
	case len(c.pending) >= c.opts.MaxPending:
		return nil, ErrQueueFull
	}
	a := &consoleAnswer{start: c.handed}
	if _, err := c.wire.Write([]byte(text)); err != nil {
		return nil, &ConnError{Peer: c.peer, Err: err}
	}
	c.handed += uint64(len(text))
	c.pending = append(c.pending, a)
	return a, nil
}

// refuse lets no more lines in, because of err, unless there is a reason
// already, and returns the reason.
func (c *Console) refuse(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	return c.err
}

// Version returns what the server's greeting says of its version, e.g. "2.6.0".
// Safe to call from any goroutine.
func (c *Console) Version() string { return c.version }

// Peer returns the address given to ConnectConsole. Safe to call from any
// goroutine.
func (c *Console) Peer() string { return c.peer }

// Err returns why the connection has ended; nil while it is there. Safe to call
// from any goroutine.
func (c *Console) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done returns a channel that is closed when the connection has ended. Safe to
// call from any goroutine.
func (c *Console) Done() <-chan struct{} { return c.ended.Done() }

// Close ends the connection; who waits for an answer gets a *ConnError that is
// ErrClosed. In a fiber it yields until the socket is closed; in a callback of a
// loop it does not wait. Closing twice is ErrClosed. Safe to call from any
// goroutine, and from fibers.
func (c *Console) Close() error {
	c.mu.Lock()
	again := c.closing
	c.closing = true
	c.mu.Unlock()
	if !again {
		_ = c.refuse(ErrClosed)
		c.wire.Abort(ErrClosed)
	}
	awaitClosed(c.opts.Reactor, &c.ended)
	if again {
		return ErrClosed
	}
	return nil
}
