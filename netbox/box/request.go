package box

import (
	"context"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Request is one CALL, EVAL or other request being answered. It is valid
// until its handler returns; in the mode Inline it is used again after that.
type Request struct {
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
	serial   atomic.Uint64   // which request of the session this is; 0: answered
}

// Args returns the arguments. Returning it from the handler answers with the
// arguments. Must not be used from several goroutines at once.
func (r *Request) Args() *Args { return &r.args }

// Sync returns the number by which the client knows the request. Safe to call
// from any goroutine while the handler runs.
func (r *Request) Sync() uint64 { return r.header.Sync }

// Type returns what kind of request this is. Safe to call from any goroutine
// while the handler runs.
func (r *Request) Type() iproto.Type { return r.header.Type }

// Stream returns the number of the stream the request came in, 0 for none.
// Safe to call from any goroutine while the handler runs.
func (r *Request) Stream() uint64 { return r.header.StreamID }

// Function returns the name that was called, "eval" for EVAL, that of the space
// for requests for tuples, and that of the type for others. Safe to call from
// any goroutine while the handler runs.
func (r *Request) Function() string { return r.name() }

// Session returns the session of the client, as this request sees it. Safe to
// call from any goroutine while the handler runs.
func (r *Request) Session() Session {
	policy := r.session.srv.cfg.SlowReader
	if r.fn.slow != 0 {
		policy = r.fn.slow
	}
	return Session{x: r.session, ctx: r.ctx, policy: policy,
		to: target{req: r, serial: r.serial.Load(), sync: r.header.Sync}}
}

func (r *Request) name() string { return r.fn.name }

// begin gives the request its number. Called on the loop.
func (r *Request) begin() {
	r.features = r.session.features
	r.session.serial++
	r.serial.Store(r.session.serial)
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
}
