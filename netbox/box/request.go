package box

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Request is one CALL, EVAL or other request being answered. It is valid
// until its handler returns, and is used again after that, for any client; its
// Session may be kept. Under the build tag kharon_debug a Request that did not
// run Inline panics when it is used later.
type Request struct {
	obituary // who uses it too late

	session  *session
	ctx      context.Context // the handler's
	header   iproto.Header
	fn       *function // what answers it
	body     []byte    // arguments, or what else follows the header: a view in the mode Inline, and else a copy
	args     Args
	features iproto.Features // of the client
	reply    []byte          // what the answer is appended to
	err      error           // what it failed with
	size     int             // bytes of the packet that are kept for it
	stream   *stream         // nil: none
	tx       *transaction    // open, outside of streams; nil: none
	begun    uint64          // requests that this has been
	serial   atomic.Uint64   // which of them it is; 0: answered
}

// requests are those that have ended, to be used again.
var requests = sync.Pool{New: func() any { return new(Request) }}

// keepBody is how large a body may be that is kept for the next request, in
// bytes.
const keepBody = 16 << 10

// newRequest makes a request of its own. What it has of the packet is copied,
// because the input buffer is used again. The caller has reserved its place.
func (x *session) newRequest(h *iproto.Header, fn *function, body []byte, s *stream) *Request {
	r := x.blank(fn.mode)
	r.session, r.ctx, r.header, r.fn, r.stream, r.size = x, x.ctx, *h, fn, s, len(body)
	r.body = append(r.body[:0], body...)
	_ = r.args.Reset(r.body) // which has been parsed
	r.begin()
	return r
}

// blank returns a request to be filled in. Those for fibers are the loop's own.
func (x *session) blank(mode Mode) *Request {
	if mode != Fiber {
		return requests.Get().(*Request)
	}
	if x.fibers == nil {
		x.fibers = x.srv.fibersOf(x.conn.Loop())
	}
	return x.fibers.blank()
}

// wipe prepares a request of newRequest that has ended for being used again,
// and reports whether it may be.
func (r *Request) wipe() bool {
	if r.bury(r.body) {
		return false
	}
	r.stream, r.tx, r.reply, r.err = nil, nil, nil, nil
	if cap(r.body) > keepBody {
		r.body = nil
	}
	return true
}

// free gives a request back that has ended. Safe to call from any goroutine.
func (r *Request) free() {
	if r.wipe() {
		requests.Put(r)
	}
}

// Args returns the arguments. Returning it from the handler answers with the
// arguments. Must not be used from several goroutines at once.
func (r *Request) Args() *Args {
	r.mustLive("Request.Args")
	return &r.args
}

// Sync returns the number by which the client knows the request. Safe to call
// from any goroutine while the handler runs.
func (r *Request) Sync() uint64 {
	r.mustLive("Request.Sync")
	return r.header.Sync
}

// Type returns what kind of request this is. Safe to call from any goroutine
// while the handler runs.
func (r *Request) Type() iproto.Type {
	r.mustLive("Request.Type")
	return r.header.Type
}

// Stream returns the number of the stream the request came in, 0 for none.
// Safe to call from any goroutine while the handler runs.
func (r *Request) Stream() uint64 {
	r.mustLive("Request.Stream")
	return r.header.StreamID
}

// Function returns the name that was called, "eval" for EVAL, that of the space
// for requests for tuples, and that of the type for others. Safe to call from
// any goroutine while the handler runs.
func (r *Request) Function() string {
	r.mustLive("Request.Function")
	return r.name()
}

// Session returns the session of the client, as this request sees it. Safe to
// call from any goroutine while the handler runs.
func (r *Request) Session() Session {
	r.mustLive("Request.Session")
	policy := r.session.srv.cfg.SlowReader
	if r.fn.slow != 0 {
		policy = r.fn.slow
	}
	return Session{x: r.session, ctx: r.ctx, policy: policy, to: r.target()}
}

func (r *Request) name() string { return r.fn.name }

// begin gives the request its number, by which those who know it as a former
// one find that that has ended. Called on the loop.
func (r *Request) begin() {
	r.features = r.session.features
	r.begun++
	r.serial.Store(r.begun)
}

// end makes further pushes of the request fail. The answer is written after
// that.
func (r *Request) end() {
	r.serial.Store(0)
	if r.session.outbox.count.Load() > 0 {
		r.session.flushHeld()
	}
}

// run answers the request from the pool. scratch is what it may use for the
// answer, and returns for the next one. last tells that no other request is
// waiting there, so that the answer is written at once, and otherwise with
// those that follow.
func (r *Request) run(scratch []byte, last bool) []byte {
	r.reply = scratch[:0]
	defer r.deliver(last) // also when the handler ends its goroutine
	r.answer()
	return r.reply
}

func (r *Request) deliver(last bool) {
	r.end()
	if last {
		_ = r.session.conn.WriteNow(r.reply)
	} else {
		_, _ = r.session.conn.Write(r.reply)
	}
	r.session.done(r)
	r.free()
}
