package netbox

import (
	"context"
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

// consoleSettings are the commands that change how lines and answers end.
var consoleSettings = regexp.MustCompile(`^\s*\\s(et)?\s+(output|o|delimiter|delim|d)\b`)

// A textConsole is a Console that speaks the text protocol.
type textConsole struct {
	// immutable once it is greeted
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
	reason  error // why no line is taken; nil: they are
}

var _ consoleProtocol = (*textConsole)(nil)

// A consoleAnswer is what comes of a line.
type consoleAnswer struct {
	start uint64 // of the line, in bytes since the beginning
	text  string // written before there opens, as err is
	err   error
	there reactor.Gate
}

// dialText connects to a text console.
func dialText(ctx context.Context, peer, network, address string, opts ConsoleOptions) (*textConsole, error) {
	c := &textConsole{peer: peer, opts: opts}
	reader, err := newConsoleReader(c)
	if err != nil {
		return nil, err
	}
	if c.wire, err = opts.Reactor.Dial(ctx, network, address, reader); err != nil {
		return nil, err
	}
	return c, c.begin(ctx, reader)
}

// begin awaits the greeting and agrees on how lines end.
func (c *textConsole) begin(ctx context.Context, reader *consoleReader) error {
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

func (c *textConsole) setDelimiter(ctx context.Context) error {
	answer, err := c.exchange(ctx, `require('console').delimiter('`+consoleMark+`')`+"\n")
	if err == nil && answer != "---"+consoleEnd {
		err = fmt.Errorf("netbox: the console does not take a delimiter: %q", answer)
	}
	return err
}

func (c *textConsole) eval(ctx context.Context, text string) (string, error) {
	if strings.Contains(text, consoleMark) || consoleSettings.MatchString(text) {
		return "", fmt.Errorf("%w: %.40q", ErrConsoleText, text)
	}
	return c.exchange(ctx, text+consoleMark+"\n")
}

// exchange sends text and waits for the answer.
func (c *textConsole) exchange(ctx context.Context, text string) (string, error) {
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
func (c *textConsole) send(text string) (*consoleAnswer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.reason != nil:
		return nil, &ConnError{Peer: c.peer, Err: c.reason}
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
func (c *textConsole) refuse(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == nil {
		c.reason = err
	}
	return c.reason
}

func (c *textConsole) greeted() string { return c.version }

func (c *textConsole) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

func (c *textConsole) done() <-chan struct{} { return c.ended.Done() }

func (c *textConsole) close() error {
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
