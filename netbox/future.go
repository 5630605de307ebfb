package netbox

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// A Future is a request that has been sent, and its answer when that has come.
//
// Any number of goroutines may wait for it. It keeps what it has received, so
// that the answer and the pushes can be looked at again, until it is forgotten
// or released.
type Future struct {
	// set when the request is sent
	sync  uint64
	start uint64 // of the request, in bytes since the connection was made

	state atomic.Uint32
	token chan struct{} // one slot: handed from waiter to waiter once the answer is there

	// written, with mu held, before state becomes answered
	typ     iproto.Type
	version uint64 // of the schema
	body    []byte
	err     error

	span *span // nil: it is not traced

	mu      sync.Mutex
	lasting bool // the answer may still come: it is not for another request
	pushes  pushList
	waiters []*reactor.Waiter // fibers, for the answer; anybody, for the next push
	done    chan struct{}     // closed with the answer; nil: nobody asked
}

// The states of a Future.
//
//	pending ──somebody waits──► awaited
//	   │                           │
//	   └─────────answer────────────┴──► answered
const (
	pending uint32 = iota
	awaited
	answered
)

var futures = sync.Pool{New: func() any { return &Future{token: make(chan struct{}, 1)} }}

// Ready reports whether the answer is there. Safe to call from any goroutine.
func (f *Future) Ready() bool { return f.state.Load() == answered }

// Done returns a channel that is closed when the answer is there. Safe to call
// from any goroutine.
func (f *Future) Done() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done == nil {
		f.done = make(chan struct{})
		if f.Ready() {
			close(f.done)
		}
	}
	return f.done
}

// Wait waits for the answer and returns it. The error is the server's *Error,
// a *ConnError, why the request could not be encoded, or ctx's cause; after
// the last the answer may still come and be waited for again. Safe to call from
// any goroutine, and from fibers.
func (f *Future) Wait(ctx context.Context) (Result, error) {
	if err := f.await(ctx); err != nil {
		return Result{}, err
	}
	return f.result()
}

// Result returns the answer when it is there, without waiting. The error is
// ErrNotReady before, and afterwards that of Wait. Safe to call from any
// goroutine.
func (f *Future) Result() (Result, error) {
	if !f.Ready() {
		return Result{}, ErrNotReady
	}
	return f.result()
}

// Discard gives up on the answer: the result becomes ErrDiscarded for everybody
// who waits, and an answer that comes is dropped. When there is one already it
// does nothing. Safe to call from any goroutine.
func (f *Future) Discard() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Ready() {
		return
	}
	f.lasting = true
	f.err = ErrDiscarded
	f.settle(nil)
}

// Release gives the future back for another request. Neither it nor anything
// it has returned may be used afterwards. It saves allocations and is never
// necessary. Of a request without an answer it does nothing. Must not be
// called while others use the future.
func (f *Future) Release() {
	if !f.Ready() {
		return
	}
	f.mu.Lock()
	if f.lasting {
		f.mu.Unlock()
		return
	}
	defer futures.Put(f)
	defer f.mu.Unlock()
	f.err, f.span = nil, nil
	f.sync, f.start, f.typ, f.version = 0, 0, 0, 0
	if cap(f.body) > 64<<10 {
		f.body = nil
	}
	f.body = f.body[:0]
	f.pushes, f.done = pushList{}, nil
	select {
	case <-f.token:
	default:
	}
	f.state.Store(pending)
}

// complete gives the future its answer. Called on the loop l.
func (f *Future) complete(a *answer, l *reactor.Loop) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lasting { // discarded
		return
	}
	f.typ, f.version = a.typ, a.version
	f.body = append(f.body[:0], a.body...)
	f.settle(l)
}

// fail gives the future an error for an answer. Safe to call from any goroutine.
func (f *Future) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lasting {
		return
	}
	f.err = err
	f.settle(nil)
}

// settle tells everybody that the answer is there. l is the loop it is called
// on, nil when it is called elsewhere. All of it happens with mu held, which
// Release takes, too: who sees the answer early can not give the future away
// while the others are still being told.
func (f *Future) settle(l *reactor.Loop) {
	if f.span != nil {
		f.span.end(f)
	}
	if f.state.Swap(answered) == awaited {
		f.token <- struct{}{}
	}
	if f.done != nil {
		close(f.done)
	}
	f.wake(l)
}

// use gives the answer to a function. What nobody looks at is not taken apart.
func (f *Future) use(use func(Result) error) error {
	if use == nil && f.err == nil && f.typ == iproto.TypeOK {
		return nil
	}
	r, err := f.result()
	if err == nil && use != nil {
		err = use(r)
	}
	return err
}

// result decodes the answer as far as its kind.
func (f *Future) result() (Result, error) {
	if f.err != nil {
		return Result{}, f.err
	}
	return parseResult(f.typ, f.body)
}

func newFuture() *Future { return futures.Get().(*Future) }
