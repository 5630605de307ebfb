package box

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// errSlowReader is why a connection ends by Disconnect.
var errSlowReader = errors.New("box: the client does not read its pushes, as SlowReader Disconnect demands")

// An outbox is the way of pushes into the output of a session. It keeps the
// budget exactly, however many push at once, and keeps what DropOldest may
// still drop.
type outbox struct {
	mu       sync.Mutex
	credit   int               // bytes that may be pushed before looking at the output again
	taken    uint64            // pushes
	held     [][]byte          // whole frames, oldest first
	size     int               // of held, in bytes
	waiting  []*reactor.Waiter // those who Block
	draining bool              // OnDrain has been asked for
	quick    quickPush

	count atomic.Int32 // len(held)
}

// A target is the request that a push belongs to, and that may have ended and
// be another one by now.
type target struct {
	req    *Request
	serial uint64
	sync   uint64
}

// target is the request as those know it who may outlive it. Called by who
// answers it, or hands it over.
func (r *Request) target() target {
	return target{req: r, serial: r.serial.Load(), sync: r.header.Sync}
}

// running reports whether the request has not been answered. Safe to call from
// any goroutine.
func (t target) running() bool { return t.serial != 0 && t.req.serial.Load() == t.serial }

// A parcel is messages that go together or not at all.
type parcel struct {
	frames []byte // whole ones
	count  int    // of them
}

// push puts a parcel into the output, as policy says when that is full. Safe to
// call from any goroutine.
func (x *session) push(ctx context.Context, t target, policy SlowReader, p parcel) error {
	for {
		w, err := x.tryPush(ctx, t, policy, p)
		if w == nil {
			return err
		}
		err = w.Wait(ctx, time.Time{})
		x.outbox.leave(w)
		w.Free()
		switch {
		case x.ctx.Err() != nil:
			return ErrSessionClosed
		case err != nil:
			return err
		}
	}
}

// tryPush is one attempt. It returns a Waiter when there is something to wait
// for.
func (x *session) tryPush(ctx context.Context, t target, policy SlowReader, p parcel) (*reactor.Waiter, error) {
	o := &x.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case x.gone.Load():
		return nil, ErrSessionClosed
	case !t.running():
		return nil, ErrRequestDone
	case policy == DropOldest:
		return nil, x.pushOrHold(t, p)
	case x.room(len(p.frames)):
		x.release() // which has been counted
		return nil, x.append(t, p)
	case policy == Disconnect:
		x.conn.Abort(errSlowReader)
		return nil, ErrSessionClosed
	case policy != Block || t.req == &x.inline:
		x.srv.counts.pushesRefused.Add(uint64(p.count))
		return nil, ErrOutputFull
	case x.ctx.Err() != nil: // the client has hung up, though it is still to be read
		return nil, ErrSessionClosed
	}
	w := reactor.NewWaiter(ctx)
	o.waiting = append(o.waiting, w)
	x.askDrain()
	return w, nil
}

// append writes a parcel, unless the answer has come first: whoever ends a
// request does so before writing its answer, and that takes the lock of the
// connection's output as well. Called with outbox.mu held.
func (x *session) append(t target, p parcel) error {
	late := false
	err := x.conn.Append(func(dst []byte) []byte {
		if late = !t.running(); late {
			return dst
		}
		return append(dst, p.frames...)
	})
	switch {
	case err != nil:
		return ErrSessionClosed
	case late:
		return ErrRequestDone
	}
	x.outbox.taken += uint64(p.count)
	return nil
}

// room reports whether n more bytes are within the budget. Called with
// outbox.mu held, by who then writes them.
func (x *session) room(n int) bool {
	o := &x.outbox
	if n <= o.credit {
		o.credit -= n
		return true
	}
	if x.fits(n) {
		return true
	}
	x.conn.Flush()
	return x.fits(n)
}

// fits is room by looking at the output. A part of what is left there is lent
// to the next pushes, so that not each of them has to look. Called with
// outbox.mu held.
func (x *session) fits(n int) bool {
	o, budget := &x.outbox, x.srv.cfg.OutputBudget
	used := x.conn.Queued() + o.size
	o.credit = 0
	if used > 0 && used+n > budget {
		return false
	}
	if len(o.held) == 0 {
		o.credit = max(min(budget-used-n, budget/16), 0)
	}
	return true
}

// pushOrHold is a push of the kind DropOldest. What is held is dropped as a
// whole, so a parcel has one frame. Called with outbox.mu held.
func (x *session) pushOrHold(t target, p parcel) error {
	o, frame := &x.outbox, p.frames
	o.credit = 0
	if len(o.held) == 0 && x.conn.Queued()+len(frame) <= x.srv.cfg.OutputBudget/2 {
		return x.append(t, p)
	}
	for !x.room(len(frame)) && len(o.held) > 0 {
		o.drop()
		x.srv.counts.pushesDropped.Add(1)
	}
	if !x.room(len(frame)) {
		x.srv.counts.pushesRefused.Add(1)
		return ErrOutputFull
	}
	o.hold(frame)
	if !t.running() { // and who ended it may not have seen the frame
		o.unhold()
		return ErrRequestDone
	}
	x.outbox.taken++
	o.credit = 0
	x.askDrain()
	return nil
}

// release writes all that DropOldest has held. Called with outbox.mu held.
func (x *session) release() { x.releaseUpTo(math.MaxInt) }

// releaseUpTo writes what DropOldest has held, the oldest first, until more
// than limit bytes are queued. Called with outbox.mu held.
func (x *session) releaseUpTo(limit int) {
	o := &x.outbox
	for len(o.held) > 0 && x.conn.Queued() <= limit {
		_, _ = x.conn.Write(o.held[0])
		o.drop()
	}
}

// flushHeld is release for whoever has to write an answer after it. Safe to
// call from any goroutine.
func (x *session) flushHeld() {
	x.outbox.mu.Lock()
	defer x.outbox.mu.Unlock()
	x.release()
}

// askDrain asks for OnDrain. Called with outbox.mu held.
func (x *session) askDrain() {
	if !x.outbox.draining {
		x.outbox.draining = true
		_ = x.conn.Loop().Post(x.conn.WantDrain)
	}
}

// drained goes on with the pushes that waited. Called on the loop.
func (x *session) drained() {
	o := &x.outbox
	o.mu.Lock()
	o.draining = false
	if x.releaseUpTo(x.srv.cfg.OutputBudget / 4); len(o.held) > 0 {
		x.askDrain()
	}
	waiting := o.waiting
	o.waiting = nil
	for _, w := range waiting {
		w.WakeOn(x.conn.Loop()) // with mu held: who gives up takes itself off the list first
	}
	o.mu.Unlock()
}

func (o *outbox) hold(frame []byte) {
	o.held = append(o.held, append([]byte(nil), frame...))
	o.size += len(frame)
	o.count.Store(int32(len(o.held)))
}

// drop forgets the oldest frame.
func (o *outbox) drop() {
	o.size -= len(o.held[0])
	o.held[0] = nil
	o.held = o.held[1:]
	o.count.Store(int32(len(o.held)))
}

// unhold forgets the newest frame.
func (o *outbox) unhold() {
	last := len(o.held) - 1
	o.size -= len(o.held[last])
	o.held[last] = nil
	o.held = o.held[:last]
	o.count.Store(int32(last))
}

// leave takes a Waiter off the list, if it is there.
func (o *outbox) leave(w *reactor.Waiter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, other := range o.waiting {
		if other == w {
			o.waiting = append(o.waiting[:i], o.waiting[i+1:]...)
			return
		}
	}
}
