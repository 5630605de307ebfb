package reactor

import (
	"context"
	"net"
	"time"
)

// This file is the loop's side of a Desc, and its end.

func (d *Desc) ready(ev Events) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ev&ended != 0 {
		d.ended.Store(true) // before the edge, as who sees the edge looks for it
	}
	if ev&Readable != 0 {
		d.read.edges.Add(1)
		d.read.wake(d.loop)
	}
	if ev&Writable != 0 {
		d.write.edges.Add(1)
		d.write.wake(d.loop)
	}
}

func (d *Desc) panicked(*PanicError) {}

func (d *Desc) drain() {}

func (d *Desc) stop() { _ = d.shut(false) }

// Close wakes everybody who waits with net.ErrClosed and closes the descriptor
// when nobody uses it any more. Closing twice is net.ErrClosed. Safe to call
// from any goroutine.
func (d *Desc) Close() error { return d.shut(false) }

// Release is Close without closing what the descriptor is for: it waits until
// the loop has let go of it, and from then on fd is the caller's. With kqueue fd
// is a duplicate, whose number is another one; with an error there is none, and
// when the duplicate could not be made the Desc is as before. It must not be
// called between Use and Done. ctx tells the fiber to wait in, if there is one,
// and is otherwise not looked at. Safe to call from any goroutine but the
// loop's, and from fibers.
func (d *Desc) Release(ctx context.Context) (fd int, err error) {
	if fd, err = d.part(); err != nil {
		return -1, err
	}
	if err := d.gone.Wait(context.WithoutCancel(ctx)); err != nil {
		return -1, err
	}
	return fd, nil
}

func (d *Desc) shut(keep bool) error {
	d.mu.Lock()
	if d.closed() {
		d.mu.Unlock()
		return net.ErrClosed
	}
	d.keep = keep
	users := d.use.Or(closedBit)
	d.read.wake(nil)
	d.write.wake(nil)
	d.mu.Unlock()
	if users == 0 {
		d.giveBack()
	}
	return nil
}

// giveBack is called once, when the Desc is closed and nobody uses it.
func (d *Desc) giveBack() {
	d.loop.load.Add(-1)
	err := d.loop.Post(func() {
		if d.keep {
			d.loop.detach(d.fd)
			d.gone.Open()
			return
		}
		d.loop.retire(d.fd, &d.gone)
	})
	if err == nil {
		return
	}
	if !d.keep {
		_ = sysClose(d.fd)
	}
	d.gone.Open()
}

// wake wakes everybody who waits, who is then no longer on the list. l is the
// loop it is called on, nil when it is called elsewhere. Called with the Desc's
// mu held.
func (s *side) wake(l *Loop) {
	for i, w := range s.waiters {
		if l != nil {
			w.WakeOn(l)
		} else {
			w.Wake()
		}
		s.waiters[i] = nil
	}
	s.waiters = s.waiters[:0]
}

// limit sets the deadline. Called with the Desc's mu held.
func (s *side) limit(t time.Time) {
	s.deadline = t
	s.limited.Store(!t.IsZero())
	s.wake(nil)
}

func (s *side) remove(w *Waiter) {
	for i, x := range s.waiters {
		if x == w {
			last := len(s.waiters) - 1
			s.waiters[i] = s.waiters[last]
			s.waiters[last] = nil
			s.waiters = s.waiters[:last]
			return
		}
	}
}

// earlier returns the earlier of two times, where the zero time is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
