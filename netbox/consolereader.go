package netbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// A consoleReader is the receiving side of a textConsole. Owned by the loop, but for
// what is set before hello opens.
type consoleReader struct {
	console *textConsole
	framer  codec.Framer
	offset  uint64
	greeted bool

	version string // set before hello opens
	refused error  // what was wrong with the greeting; set before hello opens
}

func newConsoleReader(c *textConsole) (*consoleReader, error) {
	framer, err := codec.NewDelimiter(codec.DelimiterOptions{
		Delimiters: []string{consoleEnd}, KeepDelimiter: true, Limit: c.opts.MaxAnswer,
	})
	if err != nil {
		return nil, err
	}
	return &consoleReader{console: c, framer: framer}, nil
}

// OnData takes every complete document in p to who waits for it.
func (r *consoleReader) OnData(rc *reactor.Conn, p []byte) (n int) {
	if !r.greeted {
		if n = r.greet(rc, p); n == 0 || r.refused != nil {
			return n
		}
	}
	for n < len(p) {
		size, document, err := r.framer.Frame(p[n:], false)
		if err == nil && document != nil {
			err = r.take(document)
		}
		if err != nil {
			r.abort(rc, &FrameError{Offset: r.offset + uint64(n), Err: err})
			return len(p)
		}
		if size == 0 {
			break
		}
		n += size
	}
	r.offset += uint64(n)
	return n
}

// greet takes the greeting at the front of the stream.
func (r *consoleReader) greet(rc *reactor.Conn, p []byte) (n int) {
	g, n, err := iproto.ParseGreeting(p)
	if n == 0 && err == nil {
		return 0
	}
	var other *iproto.ProtocolError
	switch {
	case err == nil:
		r.refused = &iproto.ProtocolError{Protocol: g.Protocol}
	case !errors.As(err, &other) || g.Protocol != "Lua console":
		r.refused = err
	}
	r.greeted, r.version = true, g.Version
	if r.refused != nil {
		r.abort(rc, r.refused)
		n = len(p)
	} else {
		n = iproto.GreetingSize
	}
	r.console.hello.Open()
	return n
}

// abort ends the connection because of err.
func (r *consoleReader) abort(rc *reactor.Conn, err error) {
	_ = r.console.refuse(err)
	rc.Abort(err)
}

// errNobodyAsked is what is wrong with an answer to nothing.
var errNobodyAsked = errors.New("an answer without a question")

// take takes a document to the first one who waits, unless it is a push.
func (r *consoleReader) take(document []byte) error {
	c := r.console
	if bytes.HasPrefix(document, []byte("%TAG ")) {
		if c.opts.OnPush != nil {
			c.opts.OnPush(string(document))
		}
		return nil
	}
	if !bytes.HasPrefix(document, []byte("---")) {
		return fmt.Errorf("no YAML document: %.40q", document)
	}
	c.mu.Lock()
	if len(c.pending) == 0 {
		c.mu.Unlock()
		return errNobodyAsked
	}
	a := c.pending[0]
	c.pending[0] = nil
	c.pending = c.pending[1:]
	c.mu.Unlock()
	a.text = string(document)
	a.there.Open()
	return nil
}

// OnEOF ends the connection: a server that says no more will not answer.
func (r *consoleReader) OnEOF(rc *reactor.Conn, _ []byte) { r.abort(rc, errPeerClosed) }

// OnClose fails all that wait.
func (r *consoleReader) OnClose(rc *reactor.Conn, err error) {
	c := r.console
	switch {
	case err == nil:
		err = ErrClosed
	case errors.Is(err, io.EOF):
		err = errPeerClosed
	}
	err = c.refuse(err)
	c.mu.Lock()
	pending := c.pending
	c.pending = nil
	c.mu.Unlock()
	sent := rc.Sent()
	for _, a := range pending {
		a.err = &ConnError{Peer: c.peer, Sent: a.start < sent, Err: err}
		a.there.Open()
	}
	if !r.greeted {
		r.refused = err
		c.hello.Open()
	}
	c.ended.Open()
}
