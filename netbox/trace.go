package netbox

import (
	"strings"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Trace has functions to be told of what happens on a connection. Each may be
// nil, and must not block, nor call the connection: it may be called by the
// loop, and with locks held.
type Trace struct {
	// RequestStart is called when a request is made, by whoever makes it.
	RequestStart func(r RequestTrace)

	// RequestDone is called once for each RequestStart: with the answer, or
	// with why there is none, and then err is not nil.
	RequestDone func(r RequestTrace, took time.Duration, err error)

	// Push is called for each out-of-band message with its size in bytes.
	Push func(bytes int)

	// Received and Sent are called with the number of bytes of packets that
	// have come in one piece, and of those that are handed over together.
	Received func(bytes int)
	Sent     func(bytes int)

	// State is called for each state that is entered. err is why there is no
	// connection.
	State func(s State, err error)
}

// A RequestTrace names a request to a Trace.
type RequestTrace struct {
	Type   iproto.Type
	Name   string // the function, the expression, the statement, the key
	Space  string // "" when it is named by its number, or there is none
	Stream uint64 // 0: none
	Start  time.Time
}

// A span is a request that is traced.
type span struct {
	trace *Trace
	RequestTrace
}

// begin tells of a request that is made.
func (t *Trace) begin(r *Request) *span {
	s := &span{trace: t, RequestTrace: r.trace()}
	if t.RequestStart != nil {
		t.RequestStart(s.RequestTrace)
	}
	return s
}

// trace names the request, as it begins.
func (r *Request) trace() RequestTrace {
	// The name is cloned so that the compiler does not take the request for
	// leaked: the arguments of every one would be allocated.
	t := RequestTrace{Type: r.typ, Name: strings.Clone(r.text), Start: time.Now()}
	if r.space != nil {
		t.Space = r.space.name
	}
	if r.stream != nil {
		t.Stream = r.stream.id
	}
	return t
}

// fail tells of the end of a request that was not sent. Called once.
func (s *span) fail(err error) {
	if s != nil && s.trace.RequestDone != nil {
		s.trace.RequestDone(s.RequestTrace, time.Since(s.Start), err)
	}
}

// end tells of its end. Called once, with the answer in f.
func (s *span) end(f *Future) {
	if s.trace.RequestDone == nil {
		return
	}
	err := f.err
	if err == nil && f.typ.IsError() {
		err = parseError(f.typ, f.body)
	}
	s.trace.RequestDone(s.RequestTrace, time.Since(s.Start), err)
}
