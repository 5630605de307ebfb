package netbox

import (
	"errors"
	"io"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// An answer is a packet on its way to its future.
type answer struct {
	f    *Future
	typ  iproto.Type
	body []byte // in the loop's buffer
}

// peer is a Conn as the handler of its reactor.Conn.
type peer struct{ *Conn }

// OnOpen is where the Conn learns of its connection; the greeting, which Connect
// waits for, comes later.
func (h peer) OnOpen(rc *reactor.Conn) { h.rc = rc }

// OnData takes every complete packet in p to its future: first all futures are
// found, under the lock, then they are completed, without it.
func (h peer) OnData(rc *reactor.Conn, p []byte) (n int) {
	c := h.Conn
	if !c.greeted {
		if n = c.greet(p); n == 0 {
			return 0
		}
	}
	n, err := c.collect(rc, p, n)
	c.deliver()
	c.offset += uint64(n)
	if err != nil {
		c.abort(err)
		return len(p)
	}
	return n
}

// OnEOF ends the connection: a server that says no more will not answer, so
// that nothing has to leave either.
func (h peer) OnEOF(*reactor.Conn, []byte) { h.abort(errPeerClosed) }

// greet takes the greeting at the front of the stream.
func (c *Conn) greet(p []byte) (n int) {
	g, n, err := iproto.ParseGreeting(p)
	if n == 0 && err == nil {
		return 0
	}
	c.greeted = true
	c.greeting = g
	if err != nil {
		c.abort(err)
		n = len(p)
	}
	c.hello <- err
	return n
}

// collect finds the packets of p from n on and their futures.
func (c *Conn) collect(rc *reactor.Conn, p []byte, n int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n < len(p) {
		size, k, err := iproto.ParseFrameLength(p[n:], c.opts.MaxPacket)
		if err != nil {
			return n, &FrameError{Offset: c.offset + uint64(n), Err: err}
		}
		if k == 0 {
			break
		}
		end := n + k + int(size)
		if end > len(p) {
			rc.Expect(end - n)
			break
		}
		h, m, err := iproto.ParseHeader(p[n+k : end])
		if err != nil {
			return n, &FrameError{Offset: c.offset + uint64(n), Err: err}
		}
		c.match(&h, p[n+k+m:end])
		n = end
	}
	return n, nil
}

// match finds the future of a packet. What nobody waits for is dropped.
// Called with mu held.
func (c *Conn) match(h *iproto.Header, body []byte) {
	f := c.slots.find(h.Sync)
	if f == nil {
		return
	}
	switch {
	case h.Type == iproto.TypeChunk:
	case h.Type == iproto.TypeOK || h.Type.IsError():
		c.slots.release(h.Sync)
	default:
		return
	}
	c.arrived = append(c.arrived, answer{f, h.Type, body})
}

// deliver completes what collect has found.
func (c *Conn) deliver() {
	for i := range c.arrived {
		a := &c.arrived[i]
		if a.typ == iproto.TypeChunk {
			a.f.pushed(a.body)
			continue
		}
		a.f.typ = a.typ
		a.f.body = append(a.f.body[:0], a.body...)
		a.f.answer()
	}
	clear(c.arrived)
	c.arrived = c.arrived[:0]
}

// pushed keeps a message, if it is to be kept and is one.
func (f *Future) pushed(body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.pushes.keep {
		return
	}
	if v, _, err := iproto.ParseChunk(body); err == nil {
		f.pushes.add(v)
	}
}

// OnClose fails what is under way.
func (h peer) OnClose(rc *reactor.Conn, err error) {
	c := h.Conn
	c.rc = rc
	if err == nil {
		err = ErrClosed
	}
	if errors.Is(err, io.EOF) {
		err = errPeerClosed
	}
	c.fail(err)
	if !c.greeted {
		c.hello <- c.Err()
	}
	close(c.closed)
}

// errPeerClosed has the words of net.box.
var errPeerClosed error = &peerClosed{}

type peerClosed struct{}

func (*peerClosed) Error() string { return "Peer closed" }
func (*peerClosed) Unwrap() error { return io.EOF }

// abort ends the connection because of err. Called on the loop.
func (c *Conn) abort(err error) {
	c.rc.Abort(err)
	c.fail(err)
}

// refuse lets no more requests in, because of err, unless there is a reason
// already. Safe to call from any goroutine.
func (c *Conn) refuse(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// fail refuses requests and fails those under way. The connection takes no
// more output, so what the kernel does not have never leaves. Called on the
// loop, as are all who complete requests: a packet that has been matched still
// finds its future as it was.
func (c *Conn) fail(err error) {
	c.refuse(err)
	c.lose(c.rc.Sent())
}

// abandon fails what is under way when the output is still leaving. Called on
// the loop after refuse.
func (c *Conn) abandon() {
	c.mu.Lock()
	handed := c.handed
	c.mu.Unlock()
	c.lose(handed)
}

// lose fails the requests under way. Those that begin before the given byte of
// the output may have reached the server.
func (c *Conn) lose(sent uint64) {
	c.mu.Lock()
	lost, err := c.slots.all(), c.err
	c.mu.Unlock()
	for _, f := range lost {
		f.err = &ConnError{Peer: c.peer, Sent: f.start < sent, Err: err}
		f.answer()
	}
}
