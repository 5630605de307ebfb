package reactor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"sync"
	"time"
)

// ErrQueueClosed is what is returned by a Queue that was closed: by Put, and by
// Get once it is empty. It is also net.ErrClosed.
var ErrQueueClosed = fmt.Errorf("reactor: queue closed: %w", net.ErrClosed)

// A Queue hands items from those who put to those who get, fibers of any loop
// and goroutines, first come, first served. What it can hold is bounded: who
// puts into a full one waits, and so does who gets from an empty one.
//
// Every item that was put is got once, as long as somebody gets. Whoever is
// served while ctx is ending has been served: what Get was handed it returns,
// and what was taken from Put is no longer its own. A call that need not wait
// does not look at ctx.
type Queue[T any] struct {
	mu      sync.Mutex
	ring    []T // as long as the capacity; from head on, size items
	head    int
	size    int
	putters waitList // the ring is full; each has its item in its seat
	getters waitList // the ring is empty
	seats   []*seat[T]
	closed  bool
}

// A seat is where an item waits with the one who brings it, or for the one who
// has come for it.
type seat[T any] struct {
	item T
	done bool // it was taken, or brought
}

// maxSeats is how many free seats a queue keeps.
const maxSeats = 64

// NewQueue returns a queue that holds up to capacity items, 0 or more. One of 0
// holds none: Put waits for the Get that takes its item. Safe to call from any
// goroutine.
func NewQueue[T any](capacity int) *Queue[T] {
	return &Queue[T]{ring: make([]T, capacity)}
}

// Put adds v, and waits while the queue is full. With an error v was not added:
// ErrQueueClosed, ctx's cause or, in a fiber whose loop has stopped, ErrStopped.
// Safe to call from any goroutine, and from fibers.
func (q *Queue[T]) Put(ctx context.Context, v T) error {
	q.mu.Lock()
	switch {
	case q.closed:
		q.mu.Unlock()
		return ErrQueueClosed
	case q.offer(v):
		q.mu.Unlock()
		return nil
	}
	_, err := q.wait(ctx, &q.putters, v)
	return err
}

// Get takes the oldest item, and waits while there is none. The error is
// ErrQueueClosed when there will be none any more, ctx's cause or, in a fiber
// whose loop has stopped, ErrStopped. Safe to call from any goroutine, and from
// fibers.
func (q *Queue[T]) Get(ctx context.Context) (v T, err error) {
	q.mu.Lock()
	if item, ok := q.poll(); ok {
		q.mu.Unlock()
		return item, nil
	}
	if q.closed {
		q.mu.Unlock()
		return v, ErrQueueClosed
	}
	return q.wait(ctx, &q.getters, v)
}

// TryPut is Put that does not wait: it reports whether v was added. Safe to call
// from any goroutine.
func (q *Queue[T]) TryPut(v T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.closed && q.offer(v)
}

// TryGet is Get that does not wait: ok reports whether there was an item. Safe
// to call from any goroutine.
func (q *Queue[T]) TryGet() (v T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.poll()
}

// All gets items until the queue is closed and empty. Any other error of Get is
// the last that is yielded, with no item. Safe to call from any goroutine, and
// from fibers.
func (q *Queue[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := q.Get(ctx)
			if errors.Is(err, ErrQueueClosed) || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Close refuses further items and wakes everybody who waits, with
// ErrQueueClosed; what is in the queue can still be got. Closing twice is
// ErrQueueClosed. Safe to call from any goroutine.
func (q *Queue[T]) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrQueueClosed
	}
	q.closed = true
	for q.putters.serve() != nil || q.getters.serve() != nil {
	}
	return nil
}

// Len returns how many items are in the queue. Safe to call from any goroutine.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size
}

// Cap returns how many items fit into the queue. Safe to call from any
// goroutine.
func (q *Queue[T]) Cap() int { return len(q.ring) }

// offer adds v, unless the queue is full. Called with mu held.
func (q *Queue[T]) offer(v T) bool {
	if w := q.getters.serve(); w != nil {
		s := w.seat.(*seat[T])
		s.item, s.done = v, true
		return true
	}
	if q.size == len(q.ring) {
		return false
	}
	q.ring[(q.head+q.size)%len(q.ring)] = v
	q.size++
	return true
}

// poll takes the oldest item, if there is one, and lets the one in who has
// waited longest to put one. Called with mu held.
func (q *Queue[T]) poll() (v T, ok bool) {
	if ok = q.size > 0; ok {
		var none T
		v, q.ring[q.head] = q.ring[q.head], none
		q.head = (q.head + 1) % len(q.ring)
		q.size--
	}
	w := q.putters.serve()
	if w == nil {
		return v, ok
	}
	s := w.seat.(*seat[T])
	s.done = true
	if !ok { // it holds none
		return s.item, true
	}
	q.offer(s.item)
	return v, true
}

// wait takes a seat in the list until it is served. It is called with mu held,
// and returns without.
func (q *Queue[T]) wait(ctx context.Context, list *waitList, bring T) (v T, err error) {
	w, s := NewWaiter(ctx), q.sit()
	s.item, w.seat = bring, s
	list.push(w)
	q.mu.Unlock()
	defer func() { // also when the fiber is unwound
		q.mu.Lock()
		defer q.mu.Unlock()
		switch {
		case !w.served:
			list.remove(w)
		case s.done:
			v, err = s.item, nil
		default:
			err = ErrQueueClosed
		}
		w.Free()
		q.rise(s)
	}()
	return v, w.Wait(ctx, time.Time{})
}

func (q *Queue[T]) sit() *seat[T] {
	n := len(q.seats)
	if n == 0 {
		return new(seat[T])
	}
	s := q.seats[n-1]
	q.seats = q.seats[:n-1]
	return s
}

func (q *Queue[T]) rise(s *seat[T]) {
	if len(q.seats) < maxSeats {
		*s = seat[T]{}
		q.seats = append(q.seats, s)
	}
}
