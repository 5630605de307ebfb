package netbox

import (
	"sync"
	"sync/atomic"
)

// spares are the futures that a link uses again and again. They are taken with
// its mu held and given back without: a Release puts one in front of those that
// are back, and a request that finds no other takes these all at once, so that a
// request costs one locked operation. What a burst needs beyond maxSpares is of
// the pool, which lets go of it in time.
type spares struct {
	free *Future // linked by next; guarded by the mu of the link
	made int     // guarded by the mu of the link
	back atomic.Pointer[Future]
}

const (
	maxSpares    = 1024
	maxSpareBody = 4 << 10 // bytes that a spare keeps
)

var futures = sync.Pool{New: func() any { return new(Future) }}

// take returns a future for a request. Called with the link's mu held.
func (s *spares) take() *Future {
	f := s.free
	if f == nil && s.back.Load() != nil {
		f = s.back.Swap(nil)
	}
	switch {
	case f != nil:
		s.free, f.next = f.next, nil
	case s.made < maxSpares:
		s.made++
		f = &Future{home: s}
	default:
		f = futures.Get().(*Future)
	}
	return f
}

// give gives a future back that has nobody and nothing of its request any more.
// Safe to call from any goroutine.
func (f *Future) give() {
	s := f.home
	if s == nil {
		f.conn, f.result = nil, Result{} // which the pool must not keep alive
		futures.Put(f)
		return
	}
	if cap(f.body) > maxSpareBody {
		f.body = nil
	}
	for {
		f.next = s.back.Load()
		if s.back.CompareAndSwap(f.next, f) {
			return
		}
	}
}
