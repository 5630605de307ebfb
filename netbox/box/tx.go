package box

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A TxHandler makes transactions for streams. Without one, BEGIN is an error.
type TxHandler interface {
	// Begin begins a transaction for BEGIN, which came as req, or for a
	// handler that calls req.Begin. It runs in the mode Config.Mode.
	Begin(ctx context.Context, req *Request, o TxOptions) (Tx, error)
}

// A Tx is a transaction under way. Its methods are called one at a time, and
// exactly one of Commit and Rollback is called, once; also when Commit fails,
// the transaction has ended. Rollback may be called on another goroutine than
// the others: when the client has disconnected, or the time is over.
//
// What belongs to the transaction is done by handlers that find it with
// Request.Tx.
type Tx interface {
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
}

// TxOptions are what BEGIN asks for. The zero value is what it asks for by
// saying nothing. The server itself rolls back when the timeout is over.
type TxOptions = iproto.Begin

// Errors of transactions, as Tarantool words them.
var (
	errTxActive  = iproto.NewError(iproto.CodeActiveTransaction, "Operation is not permitted when there is an active transaction ")
	errTxTimeout = iproto.NewError(iproto.CodeTransactionTimeout, "Transaction has been aborted by timeout")
	errLeftOpen  = iproto.NewError(iproto.CodeFunctionTxActive, "Transaction is active at return from function")
)

// Transactions makes h the one who begins transactions, and announces that
// streams can have them. Call it before Listen.
func (s *Server) Transactions(h TxHandler) { s.tx.Store(&h) }

// A transaction is one that is open, or that was aborted and whose end the
// client does not know yet.
type transaction struct {
	session *session
	tx      Tx
	timer   *time.Timer // nil: no timeout
	late    atomic.Bool // its time is over
	once    sync.Once   // Commit or Rollback has been called
	ended   atomic.Bool
}

// end commits or rolls back, unless that was done.
func (t *transaction) end(ctx context.Context, how func(Tx, context.Context) error) (err error) {
	t.once.Do(func() {
		if t.timer != nil {
			t.timer.Stop()
		}
		t.ended.Store(true)
		t.session.streams.open.Add(-1)
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("transaction panicked: %v", v)
			}
		}()
		err = how(t.tx, ctx)
	})
	return err
}

// abort rolls back a transaction that the client thinks is open.
func (t *transaction) abort(ctx context.Context) { _ = t.end(ctx, Tx.Rollback) }

// mustRollBack reports whether the time is over and nobody has rolled back.
func (t *transaction) mustRollBack() bool { return t.late.Load() && !t.ended.Load() }

// admit refuses what comes after the end of a transaction's time, until the
// client ends the transaction.
func (s *stream) admit(r *Request) error {
	if s.tx == nil || !s.tx.late.Load() {
		return nil
	}
	s.tx.abort(r.ctx)
	switch r.header.Type {
	case iproto.TypeRollback, iproto.TypeCommit, iproto.TypePing:
		return nil
	}
	return errTxTimeout
}

// Tx returns the transaction that the request is part of, nil when there is
// none. Must not be used from several goroutines at once.
func (r *Request) Tx() Tx {
	r.mustLive("Request.Tx")
	if t := *r.transaction(); t != nil {
		return t.tx
	}
	return nil
}

// Begin begins a transaction. In a stream it goes on until a later request
// ends it; outside, the handler must end it: a transaction that is open when it
// returns is rolled back, and the request fails. Must not be used from several
// goroutines at once.
func (r *Request) Begin(o TxOptions) error {
	r.mustLive("Request.Begin")
	x, h, at := r.session, r.session.srv.tx.Load(), r.transaction()
	switch {
	case h == nil:
		return unsupported("transactions")
	case *at != nil:
		return errTxActive
	}
	defer func() {
		if *at == nil { // it did not begin, also if it panicked
			x.streams.open.Add(-1)
		}
	}()
	if limit := x.srv.cfg.MaxTransactions; int(x.streams.open.Add(1)) > limit {
		return unsupported(fmt.Sprintf("more than %d open transactions in a session", limit))
	}
	tx, err := (*h).Begin(r.ctx, r, o)
	if err != nil {
		return err
	}
	t := &transaction{tx: tx, session: x}
	*at = t
	if s := r.stream; o.Timeout > 0 {
		t.timer = time.AfterFunc(o.Timeout, func() {
			t.late.Store(true)
			if s != nil {
				s.expire()
			}
		})
	}
	return nil
}

// Commit commits the transaction, which has ended then, whatever the error.
// Without one it does nothing. Must not be used from several goroutines at
// once.
func (r *Request) Commit() error {
	r.mustLive("Request.Commit")
	at := r.transaction()
	t := *at
	if t == nil {
		return nil
	}
	*at = nil
	if t.late.Load() {
		t.abort(r.ctx)
		return errTxTimeout
	}
	return t.end(r.ctx, Tx.Commit)
}

// Rollback undoes the transaction. Without one it does nothing. Must not be
// used from several goroutines at once.
func (r *Request) Rollback() error {
	r.mustLive("Request.Rollback")
	at := r.transaction()
	t := *at
	if t == nil {
		return nil
	}
	*at = nil
	return t.end(r.ctx, Tx.Rollback)
}

// transaction is where the transaction of the request is kept.
func (r *Request) transaction() **transaction {
	if r.stream != nil {
		return &r.stream.tx
	}
	return &r.tx
}
