package netbox

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A netWire carries the bytes of a link over a net.Conn: TLS, or a connection
// the caller has made. One goroutine reads, another one writes; the link is
// called on its loop as by a reactor.Conn.
type netWire struct {
	// immutable
	conn net.Conn
	link *link
	loop *reactor.Loop

	mu       sync.Mutex
	patience time.Duration // how long the last output may take to leave
	late     *time.Timer   // ends it after that; nil: Close was not called
	wake     sync.Cond     // for the writer
	out      []byte        // queued
	spare    []byte        // the other buffer
	writing  int           // bytes being written
	sent     uint64        // bytes written
	low      int           // watermarks
	high     int
	pressed  bool // OnPressure was told high last
	closing  bool // end behind the output
	dead     bool // end now
	reason   error
	need     int  // bytes wanted before the link is called; owned by the loop
	finished bool // ended was called; owned by the loop
}

// netPatience is how long the last output may take to leave, as in a reactor.
const netPatience = 30 * time.Second

// netBuffer is the size of the buffers that are read into, in bytes.
const netBuffer = 64 << 10

// newNetWire begins to carry the bytes of l. Called on the loop.
func newNetWire(l *link, loop *reactor.Loop, conn net.Conn) *netWire {
	w := &netWire{conn: conn, link: l, loop: loop, patience: netPatience}
	w.wake.L = &w.mu
	l.attach(w)
	go w.read()
	go w.write()
	return w
}

// Loop returns the loop the link is called on.
func (w *netWire) Loop() *reactor.Loop { return w.loop }

// Expect tells that fewer than n bytes are of no use. Called on the loop.
func (w *netWire) Expect(n int) { w.need = n }

// SetWatermarks sets the bounds of queued output between which the link is told
// of pressure.
func (w *netWire) SetWatermarks(low, high int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.low, w.high = low, high
}

// Sent is how many bytes may have left.
func (w *netWire) Sent() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent + uint64(w.writing)
}

// WriteNow queues a copy of p.
func (w *netWire) WriteNow(p []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing || w.dead {
		return net.ErrClosed
	}
	w.out = append(w.out, p...)
	w.level()
	w.wake.Signal()
	return nil
}

// level tells the link when a watermark has been crossed. Called with mu held.
func (w *netWire) level() {
	queued := len(w.out) + w.writing
	if high := w.pressed && queued > w.low || queued > w.high; high != w.pressed {
		w.pressed = high
		_ = w.loop.Post(func() { w.link.press(high) })
	}
}

// Close ends the connection behind the output, or after the patience for that.
func (w *netWire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closing {
		w.closing = true
		w.late = time.AfterFunc(w.patience, func() { w.end(reactor.ErrFlushTimeout) })
		w.wake.Signal()
	}
	return nil
}

// Abort ends the connection because of err.
func (w *netWire) Abort(err error) {
	w.end(err)
}

// end ends the connection now, because of err, unless there is a reason already.
func (w *netWire) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return
	}
	w.dead, w.reason = true, err
	if w.late != nil {
		w.late.Stop()
	}
	w.wake.Signal()
	go w.shut()
}

// shut closes the connection and tells the link. A connection that is encrypted
// says goodbye first, which takes time when the peer does not read.
func (w *netWire) shut() {
	_ = w.conn.Close()
	_ = w.loop.Post(func() {
		if !w.finished {
			w.finished = true
			w.link.ended(w.reason)
		}
	})
}

// write is the goroutine that writes.
func (w *netWire) write() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.dead {
		switch {
		case len(w.out) > 0:
			if err := w.batch(); err != nil {
				w.mu.Unlock()
				w.end(err)
				w.mu.Lock()
			}
		case w.closing:
			w.mu.Unlock()
			w.end(nil)
			w.mu.Lock()
		default:
			w.wake.Wait()
		}
	}
}

// batch writes what is queued. Called with mu held.
func (w *netWire) batch() error {
	buf := w.out
	w.out, w.spare = w.spare[:0], nil
	w.writing = len(buf)
	w.mu.Unlock()
	_, err := w.conn.Write(buf)
	w.mu.Lock()
	if err == nil {
		w.sent += uint64(len(buf))
		w.writing = 0
	}
	if cap(buf) <= 1<<20 {
		w.spare = buf[:0]
	}
	w.level()
	return err
}

// read is the goroutine that reads. What it has read it gives to the loop, and
// goes on when that has taken it.
func (w *netWire) read() {
	buf, kept := make([]byte, netBuffer), 0
	taken := make(chan int)
	for {
		if kept == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := w.conn.Read(buf[kept:])
		kept += n
		if n > 0 {
			p := buf[:kept]
			if w.loop.Post(func() { taken <- w.give(p) }) != nil {
				w.end(reactor.ErrStopped)
				return
			}
			used := <-taken
			kept = copy(buf, buf[used:kept])
		}
		if err != nil {
			if err == io.EOF { //nolint:errorlint // bare, by the contract of io.Reader
				err = errPeerClosed
			}
			w.end(err)
			return
		}
	}
}

// give gives p to the link and returns how much of it was taken. Called on the
// loop.
func (w *netWire) give(p []byte) int {
	if w.finished || len(p) < w.need {
		return 0
	}
	w.need = 0
	return w.link.received(p)
}
