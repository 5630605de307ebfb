package box

import "time"

// A Trace is told what the server does, for logs and spans of one's own.
// Functions that are nil are not called.
type Trace struct {
	// Connected is told of a new client. Called by the loop; must not block.
	Connected func(client Session)

	// Disconnected is told of a client that has gone, and why: nil when the
	// server has closed the connection, io.EOF when the client has. Called by
	// the loop; must not block.
	Disconnected func(client Session, err error)

	// RequestStart is told of a request that a handler is about to answer:
	// CALL, EVAL, SQL, requests for tuples and for transactions. Called where
	// the handler runs.
	RequestStart func(req *Request)

	// RequestEnd is told how long the handler took, and what it failed with.
	// Called where the handler has run, before the answer is written.
	RequestEnd func(req *Request, took time.Duration, err error)
}

// request tells of a request that begins, and returns what is to be called
// when it ends.
func (t *Trace) request(r *Request) func() {
	r.err = nil
	if t.RequestStart != nil {
		t.RequestStart(r)
	}
	began := time.Now()
	return func() {
		if t.RequestEnd != nil {
			t.RequestEnd(r, time.Since(began), r.err)
		}
	}
}

func (t *Trace) connected(x *session) {
	if t != nil && t.Connected != nil {
		t.Connected(x.background())
	}
}

func (t *Trace) disconnected(x *session, err error) {
	if t != nil && t.Disconnected != nil {
		t.Disconnected(x.background(), err)
	}
}
