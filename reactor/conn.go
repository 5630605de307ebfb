package reactor

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/valyala/bytebufferpool"
)

// A Handler is what an event-driven connection calls: the codec above it. All
// calls for one connection come from its loop, one at a time.
//
// A handler may also be an Opener, an EOFHandler, a DrainHandler, a
// HangupHandler, a PressureHandler or a ReadPressureHandler. A panic in any of the calls ends the connection with a
// *PanicError and leaves the loop alone.
type Handler interface {
	// OnData is called with all the bytes that have arrived and were not
	// consumed, and returns how many of them it consumes now. The rest is
	// kept and comes again, at the start of p, when there is more; see
	// Config.MaxUnconsumed for how much.
	//
	// p is the loop's: it is valid until OnData returns, and must not be
	// written to. Called by the loop; must not block.
	OnData(c *Conn, p []byte) (n int)

	// OnClose is the last call. err tells why:
	//
	//	nil                                    Close was called
	//	what was given to CloseWith or Abort   one of these was; frames may do so
	//	io.EOF                                 the peer has finished sending
	//	syscall.ECONNRESET, EPIPE, …           the system call's error: the peer has reset the connection, …
	//	ErrIdleTimeout                         nothing came or left for too long
	//	ErrReadTimeout, ErrWriteTimeout        a deadline has passed
	//	ErrFlushTimeout                        the last output was not taken in time
	//	ErrUnconsumed                          the handler has left too much
	//	*ShortFileError                        a file ended before its part of the output
	//	*PanicError                            a call of the handler has panicked
	//	ErrStopped                             the reactor was shut down
	//
	// The three timeouts are os.ErrDeadlineExceeded, and ErrStopped is
	// net.ErrClosed. Called by the loop; must not block.
	OnClose(c *Conn, err error)
}

// An Opener is a Handler that wants to be called before the first OnData.
type Opener interface {
	// OnOpen is called once the connection is established and watched.
	// Called by the loop; must not block.
	OnOpen(c *Conn)
}

// An EOFHandler is a Handler that goes on after the peer has finished
// sending. Without it such a connection is flushed and closed.
type EOFHandler interface {
	// OnEOF is called after the last OnData. rest is what was not consumed,
	// valid until OnEOF returns. The connection can still be written to and
	// stays open until it is closed here. Called by the loop; must not block.
	OnEOF(c *Conn, rest []byte)
}

// A DrainHandler is a Handler that holds something back while the peer is slow.
type DrainHandler interface {
	// OnDrain is called when the peer, which had not taken all of the output,
	// has taken it, and once after WantDrain: Queued was 0. Called by the
	// loop; must not block.
	OnDrain(c *Conn)
}

// A HangupHandler is a Handler that pauses reading, or lets watermarks do so,
// and then wants to know when the peer leaves: OnEOF and OnClose come only when everything before has been
// read.
type HangupHandler interface {
	// OnHangup is called, once, when reading is paused and the peer has
	// finished sending or is gone. Called by the loop; must not block.
	OnHangup(c *Conn)
}

// A Conn is an event-driven connection: its loop reads, hands the bytes to
// the Handler, and carries the output, in one writev for everything that
// collected since the last one.
//
// Output has no limit of its own: whoever produces more than the peer takes
// looks at Queued, or is told by SetWatermarks. Input has: what a handler does
// not consume is bounded by Config.MaxUnconsumed, or by SetReadWatermarks.
type Conn struct {
	// immutable
	loop   *Loop
	fd     int
	h      Handler
	local  net.Addr
	remote net.Addr
	from   *Listener // that accepted it; nil: none

	// owned by the loop
	tail      *bytebufferpool.ByteBuffer // what was not consumed; nil: nothing
	need      int                        // bytes wanted before the next OnData
	opened    bool                       // OnOpen was called
	paused    bool                       // PauseRead
	hungUp    bool                       // the peer has left, and OnHangup does not know
	eof       bool                       // the peer has finished sending
	closing   bool                       // nothing is read, the rest leaves
	closed    bool                       // OnClose was called
	heard     bool                       // something came after Close
	finSent   bool                       // and the peer was told of our end
	lingerTo  time.Duration              // when it is heard out no longer, by the loop's clock
	inBacklog bool                       // in Loop.backlog
	inPause   bool                       // the tail was kept because of PauseRead
	pressed   bool                       // OnPressure was called with high last
	lent      bool                       // the handler has the input in its hands
	full      bool                       // nothing is read: readHigh was exceeded, and readLow not reached since
	readLow   int                        // the watermarks of input, in bytes
	readHigh  int                        // 0: none
	active    time.Duration              // when something last came or left, by the loop's clock
	limits    *limits                    // nil: there are none
	reason    error                      // what OnClose will be given
	patience  *Timer                     // how long the rest may take to leave

	// atomics
	unread  atomic.Int64        // bytes in tail
	data    atomic.Pointer[any] // the user's
	lingers atomic.Bool         // closing the descriptor may take its time

	out output // guarded by its own mutex
}

// newConn makes a connection of an established socket, which open begins.
func (l *Loop) newConn(fd int, remote net.Addr, h Handler) *Conn {
	c := &Conn{loop: l, fd: fd, h: h, local: sysLocalAddr(fd), remote: remote}
	c.out.loop = l
	l.load.Add(1)
	return c
}

// Loop returns the loop the connection belongs to. Safe to call from any
// goroutine.
func (c *Conn) Loop() *Loop { return c.loop }

// LocalAddr returns the address of this end. Safe to call from any goroutine.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer. Safe to call from any goroutine.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// open begins the life of a connection whose descriptor is established. Called
// on the loop.
func (c *Conn) open() {
	if err := c.loop.attach(c.fd, c); err != nil {
		c.loop.conns.Add(1) // which finish takes back
		c.finish(err)
		return
	}
	c.begin(0)
}

// begin is open for a descriptor that the loop knows already. ev is its news
// that nobody has been told of. Called on the loop.
func (c *Conn) begin(ev Events) {
	l := c.loop
	l.conns.Add(1)
	defer l.fence(c)
	c.opened = true
	if h, ok := c.h.(Opener); ok {
		c.cork()
		h.OnOpen(c)
		c.uncork()
	}
	if ev != 0 {
		c.ready(ev)
	}
}

// ready is called by the loop with news of the descriptor.
func (c *Conn) ready(ev Events) {
	if c.closed {
		return
	}
	if ev&Writable != 0 {
		c.writable()
	}
	c.hungUp = c.hungUp || ev&hangup != 0
	if ev&Readable != 0 && !c.closed {
		c.read(ev&ended != 0)
	}
	if c.hungUp && (c.paused || c.full) && !c.closed {
		c.hungUp = false
		c.hangup()
	}
}

// hangup tells a handler that has paused that the peer has left.
func (c *Conn) hangup() {
	if h, ok := c.h.(HangupHandler); ok {
		c.cork()
		h.OnHangup(c)
		c.uncork()
	}
}

func (c *Conn) panicked(err *PanicError) { c.finish(err) }

func (c *Conn) drain() { c.shut(ErrStopped) }

func (c *Conn) stop() { c.finish(ErrStopped) }
