package box

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Request is one CALL or EVAL being answered. It is valid until its handler
// returns; in the mode Inline it is used again after that.
type Request struct {
	session *session
	ctx     context.Context // the handler's
	header  iproto.Header
	fn      *function // what is called; nil: eval
	eval    Eval
	expr    string
	args    Args
	reply   []byte        // what the answer is appended to
	serial  atomic.Uint64 // which request of the session this is; 0: answered
}

// Args returns the arguments. Returning it from the handler answers with the
// arguments. Must not be used from several goroutines at once.
func (r *Request) Args() *Args { return &r.args }

// Sync returns the number by which the client knows the request. Safe to call
// from any goroutine while the handler runs.
func (r *Request) Sync() uint64 { return r.header.Sync }

// Function returns the name that was called, or "eval". Safe to call from any
// goroutine while the handler runs.
func (r *Request) Function() string { return r.name() }

// Session returns the session of the client, as this request sees it. Safe to
// call from any goroutine while the handler runs.
func (r *Request) Session() Session {
	return Session{x: r.session, req: r, serial: r.serial.Load(), sync: r.header.Sync}
}

// begin gives the request its number. Called on the loop.
func (r *Request) begin() {
	r.session.serial++
	r.serial.Store(r.session.serial)
}

func (r *Request) end() { r.serial.Store(0) }

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
	r.session.done()
}

// A Session is a client as one of its requests sees it. It is a small value.
// Its methods are for the time of the request; a Push after that fails with
// ErrRequestDone.
type Session struct {
	x      *session
	req    *Request
	serial uint64
	sync   uint64
}

// ID returns the number of the session, from 1, which no other session of the
// server has. Safe to call from any goroutine.
func (s Session) ID() uint64 { return s.x.id }

// Peer returns the address of the client. Safe to call from any goroutine.
func (s Session) Peer() net.Addr { return s.x.conn.RemoteAddr() }

// User returns the name of the session's user: "guest". Safe to call from any
// goroutine.
func (s Session) User() string { return "guest" }

// Sync returns the number by which the client knows the request. Safe to call
// from any goroutine.
func (s Session) Sync() uint64 { return s.sync }
