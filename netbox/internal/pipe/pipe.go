// Package pipe is a connection within the program: two ends, each on a loop,
// that behave as connections of package reactor do. What one writes the other's
// handler is given; its loop is told once for all that has collected.
package pipe

import (
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/reactor"
)

// A Handler is what an End calls, on its loop, one call at a time. See
// reactor.Handler and its relatives for what the calls mean.
type Handler interface {
	OnData(p []byte) (n int)
	OnDrain()
	OnPressure(high bool)
	OnHangup()
	OnClose(err error)
}

// An Addr is the address of both ends.
type Addr struct{}

// Network returns "pipe".
func (Addr) Network() string { return "pipe" }

// String returns "self".
func (Addr) String() string { return "self" }

// An End is one end of a pipe. Its methods are those of reactor.Conn.
type End struct {
	// immutable after Open
	loop *reactor.Loop
	peer *End
	h    Handler
	turn func() // e.pump, made once

	// owned by the loop
	in     []byte // taken from the peer and not consumed
	need   int    // bytes wanted before the next OnData
	paused bool   // PauseRead
	hungUp bool   // OnHangup was called

	called atomic.Bool // the loop is going to pump
	closed atomic.Bool // OnClose was called
	drain  atomic.Bool // OnDrain has been asked for

	mu        sync.Mutex
	out       []byte // not yet taken by the peer
	written   uint64 // bytes, out included
	sealed    bool   // there will be no more
	pressed   bool   // OnPressure was told high last
	low, high int    // watermarks; high 0: none
}

// New makes a pipe. Nothing is called before Open.
func New(a, b *reactor.Loop) (*End, *End) {
	x, y := &End{loop: a}, &End{loop: b}
	x.peer, y.peer = y, x
	x.turn, y.turn = x.pump, y.pump
	return x, y
}

// Open gives the end its handler, before its loop has anything for it: first of
// all, or in the turn of the loop in which the other end is first used. Must be
// called once.
func (e *End) Open(h Handler) { e.h = h }

// Loop returns the loop that calls the handler. Safe to call from any
// goroutine.
func (e *End) Loop() *reactor.Loop { return e.loop }

// RemoteAddr returns an Addr. Safe to call from any goroutine.
func (e *End) RemoteAddr() net.Addr { return Addr{} }

// Append writes what f appends. Safe to call from any goroutine.
func (e *End) Append(f func(dst []byte) []byte) error {
	e.mu.Lock()
	if e.sealed {
		e.mu.Unlock()
		return net.ErrClosed
	}
	before := len(e.out)
	e.out = f(e.out)
	e.written += uint64(len(e.out) - before)
	e.level()
	e.mu.Unlock()
	e.peer.call()
	return nil
}

// Write writes a copy of p. Safe to call from any goroutine.
func (e *End) Write(p []byte) (int, error) {
	if err := e.WriteNow(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteNow is Write. Safe to call from any goroutine.
func (e *End) WriteNow(p []byte) error {
	return e.Append(func(dst []byte) []byte { return append(dst, p...) })
}

// Flush does nothing: what is written has left. Safe to call from any
// goroutine.
func (e *End) Flush() {}

// Queued returns how many bytes the other end has not taken. Safe to call from
// any goroutine.
func (e *End) Queued() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.out)
}

// Sent returns how many bytes the other end has taken. Safe to call from any
// goroutine.
func (e *End) Sent() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.written - uint64(len(e.out))
}

// SetWatermarks sets the bounds of queued output at which OnPressure is called.
// Safe to call from any goroutine.
func (e *End) SetWatermarks(low, high int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.low, e.high = low, high
	e.level()
}

// level tells the handler when a watermark was crossed. Called with mu held.
func (e *End) level() {
	high := e.high > 0 && (len(e.out) > e.high || e.pressed && len(e.out) > e.low)
	if high != e.pressed {
		e.pressed = high
		_ = e.loop.Post(func() {
			if !e.closed.Load() {
				e.h.OnPressure(high)
			}
		})
	}
}

// CloseWrite is Close: what has been written still arrives. Safe to call from
// any goroutine.
func (e *End) CloseWrite() error { return e.Close() }

// Close ends the end, behind what has been written; the other end learns of it
// by io.EOF. Safe to call from any goroutine.
func (e *End) Close() error {
	if !e.seal(false) {
		return net.ErrClosed
	}
	e.finishSoon(nil)
	return nil
}

// Abort ends the end because of err and drops what has been written. Safe to
// call from any goroutine.
func (e *End) Abort(err error) {
	e.seal(true)
	e.finishSoon(err)
}

// seal lets nothing be written any more, and reports whether that is new.
func (e *End) seal(drop bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.sealed
	e.sealed = true
	if drop {
		e.written -= uint64(len(e.out))
		e.out = nil
	}
	return !was
}

// finishSoon calls finish on the loop, or here if that has stopped.
func (e *End) finishSoon(err error) {
	if e.loop.Post(func() { e.finish(err) }) != nil {
		e.finish(err)
	}
}

// finish ends the end, once. Called on the loop.
func (e *End) finish(err error) {
	if e.closed.Swap(true) {
		return
	}
	e.seal(false)
	e.in = nil
	e.h.OnClose(err)
	e.peer.call()
}

// Expect tells that OnData can do nothing with fewer than n bytes. Must be
// called on the loop.
func (e *End) Expect(n int) { e.need = n }

// PauseRead stops OnData. Must be called on the loop.
func (e *End) PauseRead() {
	e.paused = true
	e.call() // for OnHangup
}

// ResumeRead goes on. Must be called on the loop.
func (e *End) ResumeRead() {
	e.paused, e.need = false, 0
	e.call()
}

// WantDrain asks for OnDrain when the other end has taken everything. Must be
// called on the loop.
func (e *End) WantDrain() {
	e.drain.Store(true)
	e.call()
}

// call has the loop pump, unless it is going to. A loop that has stopped ends
// the end. Safe to call from any goroutine.
func (e *End) call() {
	if !e.closed.Load() && !e.called.Swap(true) && e.loop.Post(e.turn) != nil {
		e.finish(reactor.ErrStopped)
	}
}

// pump takes what the other end has written to the handler, until that pauses
// or there is no more. Called on the loop.
func (e *End) pump() {
	e.called.Store(false)
	if e.closed.Load() {
		return
	}
	if !e.paused {
		ended := e.take()
		e.offer()
		if ended && !e.paused {
			e.finish(io.EOF)
			return
		}
	}
	if e.closed.Load() {
		return
	}
	if e.paused && !e.hungUp && e.peer.closed.Load() {
		e.hungUp = true
		e.h.OnHangup()
	}
	if e.drain.Load() && e.Queued() == 0 {
		e.drain.Store(false)
		e.h.OnDrain()
	}
}

// take takes what the other end has written, and reports whether that is all
// there will ever be. Called on the loop.
func (e *End) take() (ended bool) {
	p := e.peer
	p.mu.Lock()
	if len(e.in) == 0 {
		e.in, p.out = p.out, e.in[:0]
	} else {
		e.in = append(e.in, p.out...)
		p.out = p.out[:0]
	}
	if cap(p.out) > keep {
		p.out = nil
	}
	p.level()
	ended = p.sealed
	p.mu.Unlock()
	if p.drain.Load() {
		p.call()
	}
	return ended
}

// keep is the size up to which an empty buffer is kept, in bytes.
const keep = 256 << 10

// offer calls the handler with what there is, and keeps what it does not
// consume. Called on the loop.
func (e *End) offer() {
	if len(e.in) < max(e.need, 1) {
		return
	}
	e.need = 0
	n := e.h.OnData(e.in[:len(e.in):len(e.in)])
	e.in = append(e.in[:0], e.in[n:]...)
}
