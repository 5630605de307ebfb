package netbox

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// A link is a Conn's connection on one socket: from dialling until it breaks. A
// Conn that is made again gets a new one.
type link struct {
	// immutable once requests are let in
	conn    *Conn
	wire    wire
	loop    *reactor.Loop
	flushIt func() // l.flushAsked, made once
	schema  bool   // changes of the schema version matter

	mu       sync.Mutex
	slots    slots
	spares   *spares
	out      []byte            // requests encoded and not yet handed over
	spare    []byte            // the other buffer
	scratch  []byte            // for keys and tuples while a request is encoded
	handed   uint64            // bytes handed over since the beginning
	flushing bool              // somebody sees to out
	asked    bool              // and that is the loop, which has not begun
	settled  bool              // requests that wait are let in: the connection is active, its schema known
	pressed  bool              // the server is slow: too much output is queued
	leaving  bool              // the server shuts down: end when nothing is under way
	closing  bool              // end when the output has been handed over
	cut      bool              // nothing leaves any more
	version  uint64            // of the schema, as the server told last
	stale    bool              // the schema has to be read
	senders  []*reactor.Waiter // for room in the output
	counts   Counts
	bytesIn  uint64
	err      error // why no request is taken; nil: they are

	// owned by the loop
	greeted  bool
	served   bool     // requests of users were let in
	offset   uint64   // of the bytes that received is given, in the stream
	arrived  []answer // what one received has found
	greeting iproto.Greeting

	intro    atomic.Pointer[introduction]
	hello    reactor.Gate // opened by the loop when the greeting has come
	helloErr error        // what was wrong with it; set before hello opens
	gone     reactor.Gate // opened by the loop when the socket is closed
}

// An introduction is what a server says of itself.
type introduction struct {
	greeting iproto.Greeting
	id       iproto.ID
}

// newLink makes the next link of c. Its sync numbers go on where those of the
// last one have ended.
func newLink(c *Conn, last *link) *link {
	l := &link{conn: c, schema: !c.opts.NoSchema, stale: true, spares: &spares{}}
	l.flushIt = l.flushAsked
	if last != nil {
		l.slots.base = last.slots.base
	}
	return l
}

// attach takes note of the wire, once. Called on the loop, before anything is
// sent.
func (l *link) attach(w wire) {
	if l.wire != nil {
		return
	}
	l.wire, l.loop = w, w.Loop()
	w.SetWatermarks(l.conn.opts.MaxQueued/2, l.conn.opts.MaxQueued)
}

// ended fails what is under way and lets the worker know. Called on the loop
// when the socket is closed.
func (l *link) ended(err error) {
	if err == nil {
		err = ErrClosed
	}
	if errors.Is(err, io.EOF) {
		err = errPeerClosed
	}
	l.fail(err)
	if !l.greeted {
		l.helloErr = l.reason()
		l.hello.Open()
	}
	l.gone.Open()
	l.conn.bell.ring()
}

// reason returns why no request is taken.
func (l *link) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// abort ends the connection because of err. Called on the loop.
func (l *link) abort(err error) {
	l.wire.Abort(err)
	l.fail(err)
}

// fail refuses requests and fails those under way: first the state changes,
// then they are told. The connection takes no more output, so what the kernel
// does not have never leaves. Called on the loop, as are all who complete
// requests: a packet that has been matched still finds its future as it was.
func (l *link) fail(err error) {
	l.conn.lost(l, err)
	l.mu.Lock()
	l.stop(err)
	l.mu.Unlock()
	l.lose(l.wire.Sent())
}

// refuse lets no more requests in, because of err, unless there is a reason
// already. Called with mu held.
func (l *link) refuse(err error) {
	if l.err == nil {
		l.err = err
	}
	l.wakeSenders()
}

// stop lets nothing leave any more, because of err, unless that is so already.
// Called with mu held.
func (l *link) stop(err error) {
	if !l.cut {
		l.cut, l.err = true, err
	}
	l.wakeSenders()
}

// close refuses requests and ends the connection when those that were sent have
// been handed over. Safe to call from any goroutine.
func (l *link) close() {
	l.mu.Lock()
	l.closing = true
	l.refuse(errClosing)
	idle := !l.flushing
	l.mu.Unlock()
	if idle {
		l.closeWire()
	}
}

// closeWire closes the wire behind the output. Those who wait for answers are
// told at once.
func (l *link) closeWire() {
	_ = l.loop.Post(l.abandon)
	_ = l.wire.Close()
}

// abandon fails what is under way when the output is still leaving. Called on
// the loop after close.
func (l *link) abandon() {
	l.conn.lost(l, ErrClosed)
	l.mu.Lock()
	l.stop(ErrClosed)
	handed := l.handed
	l.mu.Unlock()
	l.lose(handed)
}

// lose fails the requests under way. Those that begin before the given byte of
// the output may have reached the server.
func (l *link) lose(sent uint64) {
	l.mu.Lock()
	lost, err := l.slots.all(), l.err
	l.weigh()
	l.mu.Unlock()
	for _, f := range lost {
		f.fail(&ConnError{Peer: l.conn.peer, Sent: f.start < sent, Err: err})
	}
}

// leave refuses requests and ends the connection when none is under way. Called
// on the loop.
func (l *link) leave() {
	l.mu.Lock()
	l.leaving = true
	l.refuse(&NotEstablishedError{StateGracefulShutdown})
	idle := l.slots.taken() == 0
	l.mu.Unlock()
	if idle {
		l.finish()
	}
}

// finish ends a connection that has nothing under way. Called on the loop.
func (l *link) finish() { l.abort(errPeerClosed) }
