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
	conn  *Conn
	req   iproto.Type
	sync  uint64
	start uint64 // of the request, in bytes since the connection was made

	state atomic.Uint32

	// written before state becomes answered
	typ     iproto.Type
	version uint64 // of the schema
	body    []byte
	err     error // with mu held

	waiter *reactor.Waiter // of the only one who knows the future, in once
	result Result          // that one's: it is not allocated for a function that might keep it
	span   *span           // nil: it is not traced
	home   *spares         // nil: the pool
	next   *Future         // among the spares

	mu      sync.Mutex
	lasting bool // the answer may still come: it is not for another request
	pushes  pushList
	waiters []*reactor.Waiter // for the answer, or for the next push
	done    chan struct{}     // closed with the answer; nil: nobody asked
}

// The states of a Future. Most requests see no more than the first line, or the
// second when somebody waits whose own the future is. Once crowded, everybody
// else takes mu, and so does the loop. Nobody knows an abandoned one but the
// loop.
//
//	pending ─────────────────────────────────────► answered
//	   ├──the one caller waits──► awaited ───────► answered
//	   │                             └─gives up──► abandoned
//	   └──anybody waits, asks, traces, discards──► crowded ──► answered|crowded
const (
	pending  uint32 = 0
	answered uint32 = 1 << (iota - 1)
	awaited
	crowded
	abandoned
)

// Ready reports whether the answer is there. Safe to call from any goroutine.
func (f *Future) Ready() bool { return f.state.Load()&answered != 0 }

// Done returns a channel that is closed when the answer is there. Safe to call
// from any goroutine.
func (f *Future) Done() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	over := f.crowd()
	if f.done == nil {
		f.done = make(chan struct{})
		if over {
			close(f.done)
		}
	}
	return f.done
}

// Wait waits for the answer and returns it. The error is a *RequestError with the
// server's *Error, a *ConnError, why the request could not be encoded, or ctx's
// cause; after the last the answer may still come and be waited for again. Safe to call from
// any goroutine, and from fibers.
func (f *Future) Wait(ctx context.Context) (r Result, err error) {
	if !f.Ready() {
		err = f.await(ctx)
	}
	if err == nil {
		err = f.read(&r)
	}
	if err != nil {
		err = f.failed(err)
	}
	return r, err
}

// Result returns the answer when it is there, without waiting. The error is
// ErrNotReady before, and afterwards that of Wait. Safe to call from any
// goroutine.
func (f *Future) Result() (r Result, err error) {
	if !f.Ready() {
		return r, ErrNotReady
	}
	return r, f.failed(f.read(&r))
}

// Discard gives up on the answer: the result becomes ErrDiscarded for everybody
// who waits, and an answer that comes is dropped. When there is one already it
// does nothing. Safe to call from any goroutine.
func (f *Future) Discard() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crowd() {
		return
	}
	f.lasting = true
	f.err = ErrDiscarded
	f.settle()
}

// Release gives the future back for another request. Neither it nor anything
// it has returned may be used afterwards. It saves allocations and is never
// necessary. Of a request without an answer it does nothing. Must not be
// called while others use the future.
func (f *Future) Release() {
	switch f.state.Load() {
	case answered:
	case answered | crowded:
		f.mu.Lock() // until everybody has been told
		f.span, f.done = nil, nil
		f.mu.Unlock()
	default:
		return
	}
	if !f.lasting {
		f.reset()
	}
}

// reset makes the future one for another request.
func (f *Future) reset() {
	f.err = nil
	if cap(f.body) > 64<<10 {
		f.body = nil
	}
	if f.pushes.keep = false; f.pushes.ends != nil {
		f.pushes = pushList{}
	}
	f.state.Store(pending)
	f.give()
}

// complete gives the future its answer. Nobody reads what it writes before the
// state tells, and of one that was discarded nobody ever does. Called on the
// loop.
func (f *Future) complete(a *answer) {
	f.typ, f.version = a.typ, a.version
	f.body = append(f.body[:0], a.body...)
	if !f.settleAlone() {
		f.mu.Lock()
		f.settle()
		f.mu.Unlock()
	}
}

// fail gives the future an error for an answer. Called on the loop.
func (f *Future) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lasting { // discarded
		return
	}
	f.err = err
	if !f.settleAlone() {
		f.settle()
	}
}

// settleAlone tells that the answer is there, unless there are several to be
// told. Who sees the answer may give the future away: but for the waiter, whose
// owner waits, it is not touched afterwards.
func (f *Future) settleAlone() bool {
	for {
		switch state := f.state.Load(); state {
		case pending, awaited:
			if !f.state.CompareAndSwap(state, answered) {
				continue
			}
			if state == awaited {
				f.waiter.Wake()
			}
			return true
		case abandoned:
			f.reset()
			return true
		default:
			return false
		}
	}
}

// settle tells everybody that the answer is there, unless it was before. All of
// it happens with mu held, which Release takes, too: who sees the answer early
// can not give the future away while the others are still being told. The
// future is crowded.
func (f *Future) settle() {
	if f.Ready() {
		return
	}
	if f.span != nil {
		f.span.end(f)
	}
	f.state.Store(answered | crowded)
	if f.done != nil {
		close(f.done)
	}
	f.wake()
}

// crowd makes everybody take mu from now on, and reports whether the answer is
// there. Called with mu held.
func (f *Future) crowd() bool { return f.state.Or(crowded)&answered != 0 }

// use gives the answer to a function. What nobody looks at is not taken apart.
func (f *Future) use(use func(*Result) error) error {
	if use == nil && f.err == nil && f.typ == iproto.TypeOK {
		return nil
	}
	if err := f.read(&f.result); err != nil || use == nil {
		return f.failed(err)
	}
	return use(&f.result)
}

// read decodes the answer as far as its kind.
func (f *Future) read(r *Result) error {
	if f.err != nil {
		return f.err
	}
	return r.parse(f.typ, f.body)
}

// unsentFuture returns the future of a request that could not be sent.
func (c *Conn) unsentFuture(req *Request, s *span, err error) *Future {
	f := &Future{conn: c, req: req.typ, span: s, err: err}
	f.crowd()
	f.settle()
	return f
}
