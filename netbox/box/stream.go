package box

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
)

// streams are those of one session, by number. A stream is there as long as it
// has requests or a transaction.
type streams struct {
	open atomic.Int32 // transactions, outside of streams included

	mu     sync.Mutex
	byID   map[uint64]*stream
	closed bool // the client has disconnected
}

// A stream does its requests one after the other, in the order of arrival,
// while those of other streams and those outside go on.
//
//	idle ──request──► busy ──answered, nothing queued──► idle, or gone
//	                   │ ▲
//	                   └─┘ answered, the next one
type stream struct {
	// immutable
	session *session
	id      uint64

	// guarded by session.streams.mu
	busy  bool
	queue []*Request

	// owned by who made the stream busy
	tx *transaction // open; nil: none
}

// startInStream has a request answered when those before it in its stream are.
func (x *session) startInStream(h *iproto.Header, fn *function, body []byte) {
	all := &x.streams
	all.mu.Lock()
	s := all.byID[h.StreamID]
	if s == nil {
		s = &stream{session: x, id: h.StreamID}
	}
	if s.busy || fn.mode != Inline {
		x.queueInStream(s, h, fn, body)
		all.mu.Unlock()
		return
	}
	all.put(s)
	s.busy = true
	all.mu.Unlock()
	x.runInline(h, fn, body, s)
	s.next()
}

// queueInStream starts a request or puts it behind the others. Called with
// streams.mu held.
func (x *session) queueInStream(s *stream, h *iproto.Header, fn *function, body []byte) {
	if !x.reserve(len(body)) {
		return
	}
	x.streams.put(s)
	r := x.newRequest(h, fn, body, s)
	if s.busy {
		s.queue = append(s.queue, r)
		x.srv.counts.streamQueue.Add(1)
		return
	}
	s.busy = true
	x.enqueue(r)
}

func (all *streams) put(s *stream) {
	if all.byID == nil {
		all.byID = map[uint64]*stream{}
	}
	if all.byID[s.id] == nil {
		all.byID[s.id] = s
		s.session.srv.counts.streams.Add(1)
		s.session.srv.counts.streamsOpened.Add(1)
	}
}

// next starts the next request of the stream, or makes it idle. Called by who
// made the stream busy, when the answer has been written.
func (s *stream) next() {
	all := &s.session.streams
	all.mu.Lock()
	defer all.mu.Unlock()
	switch {
	case len(s.queue) > 0:
		r := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		s.session.srv.counts.streamQueue.Add(-1)
		r.dispatch()
	case s.tx != nil && (all.closed || s.tx.mustRollBack()):
		s.session.srv.spawn(s.rollBack)
	case s.tx != nil:
		s.busy = false
	default:
		s.busy = false
		delete(all.byID, s.id)
		s.session.srv.counts.streams.Add(-1)
	}
}

// rollBack ends the transaction of a busy stream that nobody will commit.
func (s *stream) rollBack() {
	ctx := context.WithoutCancel(s.session.ctx)
	if s.gone() {
		_ = s.tx.end(ctx, Tx.Rollback)
		s.tx = nil
	} else {
		s.tx.abort(ctx)
	}
	s.next()
}

func (s *stream) gone() bool {
	s.session.streams.mu.Lock()
	defer s.session.streams.mu.Unlock()
	return s.session.streams.closed
}

// expire has the transaction rolled back whose time is over, now if the stream
// is idle and otherwise when its request has ended. Safe to call from any
// goroutine.
func (s *stream) expire() {
	all := &s.session.streams
	all.mu.Lock()
	defer all.mu.Unlock()
	if !s.busy && s.tx != nil && s.tx.mustRollBack() {
		s.busy = true
		s.session.srv.spawn(s.rollBack)
	}
}

// close rolls back the transactions of streams that are idle; the others end
// theirs when they have done their requests.
func (all *streams) close() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.closed = true
	for _, s := range all.byID {
		if !s.busy && s.tx != nil {
			s.busy = true
			s.session.srv.spawn(s.rollBack)
		}
	}
}

// dispatch starts a request that waited. Safe to call from any goroutine.
func (r *Request) dispatch() {
	x := r.session
	batch := []*Request{r}
	x.underway.add(batch, x.burden.requests())
	if r.fn.mode == Goroutine {
		x.srv.pool.put(batch)
		return
	}
	loop := x.conn.Loop()
	start := func() {
		if r.fn.mode == Fiber {
			x.srv.fibersOf(loop).put(batch)
		} else {
			r.run(nil, true)
		}
	}
	if loop.Post(start) != nil { // the loop has stopped, and with it the client is gone
		x.srv.pool.put(batch)
	}
}
