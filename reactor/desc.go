package reactor

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Desc is a descriptor whose readiness goroutines can wait for: what
// blocking-style sockets are built on. It does no reading or writing itself.
// The system call comes first, and only EAGAIN waits:
//
//	if err := d.Use(); err != nil { return err }
//	defer d.Done()
//	for {
//		ticket := d.Ticket()
//		n, err := read(fd, p)
//		if err != EAGAIN { return n, err }
//		if err := d.Await(ctx, Readable, ticket, time.Time{}); err != nil { return 0, err }
//	}
//
// An edge between the ticket and the wait is not lost, because Await returns
// at once when the ticket is out of date.
//
// Whoever changes what a waiter waits for does so with mu held. What the calls
// around a system call look at is atomic beside that: a read that finds data
// takes no lock.
type Desc struct {
	// immutable
	loop *Loop
	fd   int

	// atomics
	use   atomic.Uint32 // how many are between Use and Done, and closedBit
	ended atomic.Bool   // the peer has finished sending or the descriptor is broken

	gone Gate // opened when the descriptor has been given back

	mu     sync.Mutex
	keep   bool  // Release was called: the descriptor is not closed at the end
	broken error // why the loop can not watch it; nil: it does
	always bool  // the kernel has no readiness for it: always ready
	read   side
	write  side
}

// closedBit in Desc.use: no more Use. It is set with mu held.
const closedBit = 1 << 31

// A side is one direction of a Desc. What is atomic in it changes with the
// Desc's mu held.
type side struct {
	edges    atomic.Uint32
	limited  atomic.Bool // there is a deadline
	deadline time.Time   // zero: none
	waiters  []*Waiter
}

// A Ticket is a moment in the readiness of a Desc.
type Ticket struct{ read, write uint32 }

// Watch makes a Desc of fd, which must be non-blocking, on one of the loops.
// From then on the Desc owns fd. Safe to call from any goroutine.
func (r *Reactor) Watch(fd int) (*Desc, error) { return r.Next().Watch(fd) }

// Watch makes a Desc of fd, which must be non-blocking, on this loop. From
// then on the Desc owns fd. Safe to call from any goroutine.
func (l *Loop) Watch(fd int) (*Desc, error) {
	d := l.newDesc(fd)
	if l.isHere() && !l.ended {
		d.attach()
		return d, nil
	}
	if err := d.loop.Post(d.attach); err != nil {
		l.load.Add(-1)
		return nil, err
	}
	return d, nil
}

func (l *Loop) newDesc(fd int) *Desc {
	l.load.Add(1)
	return &Desc{loop: l, fd: fd}
}

func (d *Desc) attach() {
	err := d.loop.attach(d.fd, d)
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(err, syscall.EPERM) { // a regular file, says epoll
		d.always = true
	} else {
		d.broken = err
	}
	if err != nil {
		d.read.wake(d.loop)
		d.write.wake(d.loop)
	}
}

// Loop returns the loop that watches the descriptor. Safe to call from any
// goroutine.
func (d *Desc) Loop() *Loop { return d.loop }

// FD returns the descriptor's number, valid between Use and Done. Safe to call
// from any goroutine.
func (d *Desc) FD() int { return d.fd }

// Use keeps the descriptor open until Done. The error is net.ErrClosed. Safe to
// call from any goroutine.
func (d *Desc) Use() error {
	for {
		n := d.use.Load()
		if n&closedBit != 0 {
			return net.ErrClosed
		}
		if d.use.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}

func (d *Desc) closed() bool { return d.use.Load()&closedBit != 0 }

// Done ends what Use began. Safe to call from any goroutine.
func (d *Desc) Done() {
	if d.use.Add(^uint32(0)) == closedBit {
		d.giveBack()
	}
}

// Ticket returns the present moment. Safe to call from any goroutine.
func (d *Desc) Ticket() Ticket {
	return Ticket{d.read.edges.Load(), d.write.edges.Load()}
}

// Ended reports whether the kernel has told of an end or an error: then a read
// that brought less than it could does not mean that there is no more to know.
// Safe to call from any goroutine.
func (d *Desc) Ended() bool { return d.ended.Load() }

// SetDeadline makes every present and future Await for ev fail at t with
// os.ErrDeadlineExceeded; the zero time means never. Safe to call from any
// goroutine.
func (d *Desc) SetDeadline(ev Events, t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed() {
		return net.ErrClosed
	}
	if ev&Readable != 0 {
		d.read.limit(t)
	}
	if ev&Writable != 0 {
		d.write.limit(t)
	}
	return nil
}

// Expired reports whether a deadline of ev has passed, as
// os.ErrDeadlineExceeded, or that the Desc is closed, as net.ErrClosed. Safe
// to call from any goroutine.
func (d *Desc) Expired(ev Events) error {
	if d.closed() {
		return net.ErrClosed
	}
	if !(ev&Readable != 0 && d.read.limited.Load() || ev&Writable != 0 && d.write.limited.Load()) {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loop.passed(d.earliest(ev, time.Time{})) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Await parks until something of ev has happened since ticket, until the time
// until (zero: no limit) or a deadline, or until ctx is done. Waking up is a
// hint to try again. The error is nil, net.ErrClosed, os.ErrDeadlineExceeded,
// ctx's cause, or why the loop can not watch the descriptor. Safe to call from
// any goroutine.
func (d *Desc) Await(ctx context.Context, ev Events, ticket Ticket, until time.Time) error {
	w := NewWaiter(ctx)
	defer w.Free()
	for {
		deadline, done, err := d.park(w, ev, ticket, until)
		if done {
			return err
		}
		err = w.Wait(ctx, deadline)
		if err != nil || ev == Readable|Writable {
			d.unpark(w, ev)
		}
		if err != nil && err != ErrTimeout { //nolint:errorlint // our own value; a deadline may have moved
			return err
		}
	}
}

// park adds w to those who are woken, unless there is nothing to wait for.
func (d *Desc) park(w *Waiter, ev Events, ticket Ticket, until time.Time) (deadline time.Time, done bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch deadline = d.earliest(ev, until); {
	case d.closed():
		return deadline, true, net.ErrClosed
	case d.broken != nil:
		return deadline, true, d.broken
	case d.always,
		ev&Readable != 0 && d.read.edges.Load() != ticket.read,
		ev&Writable != 0 && d.write.edges.Load() != ticket.write:
		return deadline, true, nil
	case d.loop.passed(deadline):
		return deadline, true, os.ErrDeadlineExceeded
	}
	if ev&Readable != 0 {
		d.read.waiters = append(d.read.waiters, w)
	}
	if ev&Writable != 0 {
		d.write.waiters = append(d.write.waiters, w)
	}
	return deadline, false, nil
}

// unpark takes w from those who are woken, if a wake-up has not done so.
func (d *Desc) unpark(w *Waiter, ev Events) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ev&Readable != 0 {
		d.read.remove(w)
	}
	if ev&Writable != 0 {
		d.write.remove(w)
	}
	w.forget() // a wake-up that came too late must not reach the next wait
}

func (d *Desc) earliest(ev Events, t time.Time) time.Time {
	if ev&Readable != 0 {
		t = earlier(t, d.read.deadline)
	}
	if ev&Writable != 0 {
		t = earlier(t, d.write.deadline)
	}
	return t
}
