package netbox

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Stream is a Requester whose requests the server executes one after the
// other, and in which a transaction may be open. It needs no end.
//
// A transaction lives in the server's session: when the connection breaks it is
// rolled back. Requests of the stream then fail with ErrTransactionLost until
// the next Begin, Commit or Rollback, so that none is executed alone.
type Stream struct {
	Requester
	id   uint64
	home *atomic.Pointer[link] // where the transaction was begun; has nil: there is none; a pointer as space.info is
}

// ErrTransactionLost tells that the connection in which a stream's transaction was open
// has ended. It is also ErrNotSent.
var ErrTransactionLost error = &wrapped{"netbox: the transaction was lost with its connection", ErrNotSent}

// NewStream returns a new stream of the connection; of a Group or a Pool, of one
// connection of it, to which it sticks. Safe to call from any
// goroutine.
func (r Requester) NewStream() *Stream {
	r = r.pinned()
	s := &Stream{id: r.conn.streams.Add(1), home: new(atomic.Pointer[link])}
	s.Requester = Requester{conn: r.conn, stream: s, timeout: r.timeout}
	return s
}

// ID returns the number of the stream, from 1. Safe to call from any goroutine.
func (s *Stream) ID() uint64 { return s.id }

// check tells why a request of the stream can not be sent on l.
func (s *Stream) check(r *Request, l *link) error {
	if !l.has(iproto.FeatureStreams) {
		return &FeatureError{iproto.FeatureStreams}
	}
	switch home := s.home.Load(); {
	case r.typ == iproto.TypeBegin:
		s.home.Store(l)
	case home == nil:
	case home != l && r.typ == iproto.TypeRollback: // it has been rolled back
		s.home.Store(nil)
	case home != l:
		if r.typ == iproto.TypeCommit {
			s.home.Store(nil)
		}
		return ErrTransactionLost
	case r.typ == iproto.TypeCommit || r.typ == iproto.TypeRollback:
		s.home.Store(nil)
	}
	return nil
}

// TxnOptions are the options of a transaction. The zero value works.
type TxnOptions struct {
	// Timeout is after how long the server rolls the transaction back. 0 means
	// the server's own.
	Timeout time.Duration

	// Isolation is what of other transactions can be seen. 0 means as the
	// server is configured.
	Isolation iproto.Isolation

	// Sync makes the commit wait for a quorum of replicas.
	Sync bool
}

// check has the words of net.box.
func (o *TxnOptions) check() error {
	switch {
	case o.Timeout < 0:
		return &LocalError{iproto.CodeIllegalParams, "timeout must be a number greater than 0"}
	case o.Isolation > iproto.IsolationLinearizable:
		return &LocalError{iproto.CodeIllegalParams, "unknown isolation level"}
	}
	return nil
}

func (o *TxnOptions) request(typ iproto.Type) Request {
	r := Request{typ: typ}
	if *o != (TxnOptions{}) {
		r.more = &extras{begin: iproto.Begin{Timeout: o.Timeout, Isolation: o.Isolation, IsSync: o.Sync}}
	}
	return r
}

// Begin begins a transaction. Safe to call from any goroutine, and from fibers.
func (s *Stream) Begin(ctx context.Context, o TxnOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	err := s.DoFunc(ctx, o.request(iproto.TypeBegin), nil)
	if answer := (*Error)(nil); errors.As(err, &answer) && answer.Code != iproto.CodeActiveTransaction {
		s.home.Store(nil)
	}
	return err
}

// Commit commits the transaction; without one it does nothing. A commit that
// fails has ended the transaction. Safe to call from any goroutine, and from
// fibers.
func (s *Stream) Commit(ctx context.Context) error { return s.CommitWith(ctx, TxnOptions{}) }

// CommitWith is Commit with options, of which Sync counts. Safe to call from any
// goroutine, and from fibers.
func (s *Stream) CommitWith(ctx context.Context, o TxnOptions) error {
	o = TxnOptions{Sync: o.Sync}
	return s.DoFunc(ctx, o.request(iproto.TypeCommit), nil)
}

// Rollback rolls the transaction back; without one it does nothing. Safe to call
// from any goroutine, and from fibers.
func (s *Stream) Rollback(ctx context.Context) error {
	return s.DoFunc(ctx, Request{typ: iproto.TypeRollback}, nil)
}
