package box

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// callIn encodes a CALL in a stream.
func callIn(stream, sync uint64, name string, args ...any) []byte {
	return request(iproto.TypeCall, sync, stream, func(b []byte) []byte {
		b = msgp.AppendArrayHeader(iproto.AppendCallHead(b, name), len(args))
		for _, v := range args {
			b, _ = msgp.AppendValue(b, v)
		}
		return b
	})
}

func begin(stream, sync uint64) []byte    { return request(iproto.TypeBegin, sync, stream, nil) }
func commit(stream, sync uint64) []byte   { return request(iproto.TypeCommit, sync, stream, nil) }
func rollback(stream, sync uint64) []byte { return request(iproto.TypeRollback, sync, stream, nil) }

// A store is a TxHandler: numbers that transactions add to.
type store struct {
	mu     sync.Mutex
	sum    int64
	open   atomic.Int32
	events []string
	last   TxOptions
	fail   error // of the next commits
}

// A storeTx is a transaction of a store.
type storeTx struct {
	store *store
	added int64
}

func (s *store) Begin(_ context.Context, _ *Request, o TxOptions) (Tx, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open.Add(1)
	s.last = o
	return &storeTx{store: s}, nil
}

func (tx *storeTx) end(event string, f func()) {
	tx.store.mu.Lock()
	defer tx.store.mu.Unlock()
	tx.store.open.Add(-1)
	tx.store.events = append(tx.store.events, event)
	f()
}

func (tx *storeTx) Commit(context.Context) (err error) {
	tx.end("commit", func() {
		if err = tx.store.fail; err == nil {
			tx.store.sum += tx.added
		}
	})
	return err
}

func (tx *storeTx) Rollback(context.Context) error { tx.end("rollback", func() {}); return nil }

func (s *store) options() TxOptions {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (s *store) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *store) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.events, " ")
}

// withStore starts a server whose functions add to a store: "add" within the transaction or at once, "sum" tells.
func withStore(t *testing.T, mode Mode) (*store, *Server, *raw) {
	t.Helper()
	srv, addr := start(t, Config{Mode: mode})
	s := &store{}
	srv.Transactions(s)
	srv.Func("add", func(_ context.Context, req *Request) (any, error) {
		if tx, ok := req.Tx().(*storeTx); ok {
			tx.added += req.Args().Int(0)
			return nil, nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sum += req.Args().Int(0)
		return nil, nil
	})
	srv.Func("sum", func(_ context.Context, req *Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if tx, ok := req.Tx().(*storeTx); ok {
			return s.sum + tx.added, nil
		}
		return s.sum, nil
	})
	srv.Func("in_txn", func(_ context.Context, req *Request) (any, error) { return req.Tx() != nil, nil })
	return s, srv, dialRaw(t, addr)
}

// inStore runs a test in every mode.
func inStore(t *testing.T, test func(t *testing.T, s *store, srv *Server, c *raw)) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(mode.String(), func(t *testing.T) {
			s, srv, c := withStore(t, mode)
			test(t, s, srv, c)
		})
	}
}

// expectInt reads an answer with one integer.
func (r *raw) expectInt(sync uint64, want int64) {
	r.t.Helper()
	p := r.expectOK(sync)
	array, _, _ := iproto.ParseData(p.body)
	a, err := newArgs(array)
	if got := a.Int(0); err != nil || a.Err() != nil || got != want {
		r.t.Fatalf("got %d, want %d (%v, %v)", got, want, err, a.Err())
	}
}

func (r *raw) ask(p []byte, sync uint64) { r.t.Helper(); r.write(p); r.expectOK(sync) }

func TestS136StreamsAreInOrderInsideAndConcurrentOutside(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber} {
		t.Run(mode.String(), func(t *testing.T) {
			srv, addr := start(t, Config{Mode: mode})
			gates := [4]chan struct{}{}
			for i := range gates {
				gates[i] = make(chan struct{}) // closed by the test
			}
			var running atomic.Int32
			srv.FuncWith(FuncOptions{Mode: Goroutine}, "wait", func(_ context.Context, req *Request) (any, error) {
				running.Add(1)
				defer running.Add(-1)
				<-gates[req.Args().Int(0)]
				return nil, nil
			})
			c := dialRaw(t, addr)
			var out []byte
			out = append(out, callIn(1, 10, "wait", 0)...)
			out = append(out, callIn(1, 11, "echo")...)
			out = append(out, callIn(1, 12, "wait", 1)...)
			out = append(out, request(iproto.TypePing, 13, 1, nil)...)
			out = append(out, callIn(2, 20, "wait", 2)...)
			out = append(out, callIn(2, 21, "echo")...)
			out = append(out, callIn(3, 30, "echo")...)
			out = append(out, call(40, "echo")...)
			c.write(out)
			got := map[uint64]bool{}
			for range 2 { // the third stream and what is in none overtake
				got[c.take().Sync] = true
			}
			if !got[30] || !got[40] {
				t.Fatalf("got %v, want 30 and 40", got)
			}
			reactortest.Eventually(t, func() bool { return running.Load() == 2 }, "the first of two streams to run")
			reactortest.Eventually(t, func() bool { // the third stream ends when its answer has been written
				s := srv.Stats()
				return s.Streams == 2 && s.RequestsInStreamQueue == 4
			}, "S150, two streams and four requests behind others: %+v", srv.Stats())
			close(gates[2])
			c.expectOK(20)
			c.expectOK(21)
			close(gates[0])
			c.expectOK(10)
			c.expectOK(11)
			c.expectSilence()
			close(gates[1])
			c.expectOK(12)
			c.expectOK(13)
			reactortest.Eventually(t, func() bool {
				s := srv.Stats()
				return s.Streams == 0 && s.RequestsInStreamQueue == 0 && s.RequestsInProgress == 0
			}, "S150: the streams to be gone")
			if n := srv.Stats().StreamsTotal; n < 3 {
				t.Errorf("S150: %d streams in all", n)
			}
		})
	}
}

func TestStreamsOfMixedModesKeepTheOrder(t *testing.T) {
	srv, addr := start(t, Config{})
	var order [5][]int64
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		srv.FuncWith(FuncOptions{Mode: mode}, mode.String(), func(_ context.Context, req *Request) (any, error) {
			s := req.Stream()
			order[s] = append(order[s], req.Args().Int(0)) // no lock: the stream is one
			return req.Args(), nil
		})
	}
	c := dialRaw(t, addr)
	const n = 500
	var out []byte
	for i := range n {
		for s := range uint64(5) {
			if s > 0 {
				out = append(out, callIn(s, s*n+uint64(i), Mode(i%3+1).String(), i)...)
			}
		}
	}
	go c.Write(out)
	var answered [5]uint64
	for range n * 4 {
		p := c.take()
		s := p.Sync / n
		if p.Type != iproto.TypeOK || p.Sync%n != answered[s] {
			t.Fatalf("S136: after %d answers of stream %d: %v", answered[s], s, p)
		}
		answered[s]++
	}
	reactortest.Eventually(t, func() bool { return srv.Stats().Streams == 0 }, "the streams to go")
	for s, list := range order[1:] {
		for i, v := range list {
			if int64(i) != v {
				t.Fatalf("stream %d: number %d is %d", s+1, i, v)
			}
		}
	}
}

func TestS137WhatMayBeInAStream(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	for _, typ := range []iproto.Type{iproto.TypeBegin, iproto.TypeCommit, iproto.TypeRollback} {
		c.write(request(typ, 1, 0, nil))
		c.expectError(1, iproto.CodeUnableToProcessOutOfStream, fmt.Sprintf("Unable to process %v request out of stream", typ))
	}
	for _, typ := range []iproto.Type{
		iproto.TypeAuth, iproto.TypeID, iproto.TypeWatch, iproto.TypeUnwatch, iproto.TypeWatchOnce, iproto.TypeVote, iproto.TypeJoin,
	} {
		c.write(request(typ, 2, 5, nil))
		c.expectError(2, iproto.CodeUnableToProcessInStream, fmt.Sprintf("Unable to process %v request in stream", typ))
	}
}

func TestTransactions(t *testing.T) {
	inStore(t, func(t *testing.T, s *store, _ *Server, c *raw) {
		t.Run("S139 nothing to end", func(t *testing.T) {
			c.ask(commit(1, 1), 1)
			c.ask(rollback(1, 2), 2)
		})
		t.Run("S140 seen by its stream only, until it is committed", func(t *testing.T) {
			c.ask(begin(1, 1), 1)
			c.ask(callIn(1, 2, "add", 5), 2)
			c.write(append(callIn(1, 3, "sum"), call(4, "sum")...))
			seen := map[uint64]bool{}
			for range 2 {
				p := c.take()
				want := byte(0)
				if p.Sync == 3 {
					want = 5
				}
				if seen[p.Sync] = true; p.body[len(p.body)-1] != want {
					t.Errorf("the answer to %d is %x, want %d", p.Sync, p.body, want)
				}
			}
			c.ask(commit(1, 5), 5)
			c.write(call(6, "sum"))
			c.expectInt(6, 5)
		})
		t.Run("S140 dropped by a rollback", func(t *testing.T) {
			c.ask(begin(1, 1), 1)
			c.ask(callIn(1, 2, "add", 7), 2)
			c.ask(rollback(1, 3), 3)
			c.write(call(4, "sum"))
			c.expectInt(4, 5)
		})
		t.Run("S138 not twice", func(t *testing.T) {
			c.ask(begin(1, 1), 1)
			c.write(begin(1, 2))
			c.expectError(2, iproto.CodeActiveTransaction, "Operation is not permitted when there is an active transaction ")
			c.ask(callIn(1, 3, "add", 1), 3)
			c.ask(commit(1, 4), 4)
			c.write(call(5, "sum"))
			c.expectInt(5, 6)
		})
		t.Run("S143 goes on after an error", func(t *testing.T) {
			c.ask(begin(1, 1), 1)
			c.write(append(callIn(1, 2, "fail", "x"), callIn(1, 3, "panic", "y")...))
			c.expectError(2, iproto.CodeProcLua, "x")
			c.expectError(3, iproto.CodeProcLua, "handler panicked: y")
			c.ask(callIn(1, 4, "add", 1), 4)
			c.ask(commit(1, 5), 5)
			c.write(call(6, "sum"))
			c.expectInt(6, 7)
		})
		t.Run("ends with a commit that fails", func(t *testing.T) {
			s.failWith(errors.New("disk full"))
			c.ask(begin(1, 1), 1)
			c.write(commit(1, 2))
			c.expectError(2, iproto.CodeProcLua, "disk full")
			s.failWith(nil)
			c.ask(begin(1, 3), 3)
			c.ask(rollback(1, 4), 4)
		})
		if n := s.open.Load(); n != 0 {
			t.Errorf("%d transactions are open: %s", n, s.log())
		}
	})
}

func TestOptionsOfBegin(t *testing.T) {
	s, _, c := withStore(t, Goroutine)
	want := TxOptions{Timeout: time.Hour, Isolation: iproto.IsolationReadConfirmed, IsSync: true}
	c.ask(request(iproto.TypeBegin, 1, 1, want.Append), 1)
	if got := s.options(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.ask(rollback(1, 2), 2)
}

func TestTransactionsOfASessionAreLimited(t *testing.T) {
	srv, addr := start(t, Config{MaxTransactions: 2})
	srv.Transactions(&store{})
	c := dialRaw(t, addr)
	c.ask(begin(1, 1), 1)
	c.ask(begin(2, 2), 2)
	for range 3 {
		c.write(begin(3, 3))
		c.expectError(3, iproto.CodeUnsupported, "Kharon does not support more than 2 open transactions in a session")
	}
	c.ask(commit(1, 4), 4)
	c.ask(begin(3, 5), 5)
	c.ask(rollback(2, 6), 6)
	c.ask(begin(2, 7), 7)
}

func TestBeginWithoutATxHandler(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	c.write(begin(1, 1))
	c.expectError(1, iproto.CodeUnsupported, "Kharon does not support transactions")
	c.ask(commit(1, 2), 2)
}

func TestS144TimeoutOfATransaction(t *testing.T) {
	inStore(t, func(t *testing.T, s *store, srv *Server, c *raw) {
		const message = "Transaction has been aborted by timeout"
		brief := TxOptions{Timeout: time.Millisecond}
		c.ask(request(iproto.TypeBegin, 1, 1, brief.Append), 1)
		reactortest.Eventually(t, func() bool { return s.open.Load() == 0 }, "the rollback")
		c.write(callIn(1, 2, "add", 1))
		c.expectError(2, iproto.CodeTransactionTimeout, message)
		c.write(callIn(1, 3, "add", 1))
		c.expectError(3, iproto.CodeTransactionTimeout, message)
		c.write(commit(1, 4))
		c.expectError(4, iproto.CodeTransactionTimeout, message)
		c.ask(callIn(1, 5, "add", 1), 5)
		c.ask(request(iproto.TypeBegin, 6, 1, brief.Append), 6)
		reactortest.Eventually(t, func() bool { return s.open.Load() == 0 }, "the rollback")
		c.ask(rollback(1, 7), 7)
		c.ask(callIn(1, 8, "add", 1), 8)
		c.write(call(9, "sum"))
		c.expectInt(9, 2)
		if got := s.log(); got != "rollback rollback" {
			t.Errorf("the store saw %q", got)
		}
		reactortest.Eventually(t, func() bool { return srv.Stats().Streams == 0 }, "the stream to go")
	})
}

func TestTimeoutWhileARequestRuns(t *testing.T) {
	s, srv, c := withStore(t, Goroutine)
	gate, entered := make(chan struct{}), make(chan struct{})
	srv.Func("wait", func(context.Context, *Request) (any, error) { close(entered); <-gate; return nil, nil })
	c.ask(request(iproto.TypeBegin, 1, 1, TxOptions{Timeout: time.Millisecond}.Append), 1)
	reactortest.Eventually(t, func() bool { return s.open.Load() == 0 }, "the rollback")
	c.ask(rollback(1, 2), 2)
	c.write(append(request(iproto.TypeBegin, 3, 1, TxOptions{Timeout: 50 * time.Millisecond}.Append), callIn(1, 4, "wait")...))
	c.expectOK(3)
	<-entered
	time.Sleep(60 * time.Millisecond) // the timer fires while the handler has the transaction
	if s.open.Load() != 1 {
		t.Error("the transaction was ended behind the handler's back")
	}
	close(gate)
	c.expectOK(4)
	reactortest.Eventually(t, func() bool { return s.open.Load() == 0 }, "the rollback after the handler")
	c.write(commit(1, 5))
	c.expectError(5, iproto.CodeTransactionTimeout, "Transaction has been aborted by timeout")
}

func TestS148TransactionsOfHandlers(t *testing.T) {
	inStore(t, func(t *testing.T, s *store, srv *Server, c *raw) {
		srv.Func("open", func(_ context.Context, req *Request) (any, error) {
			if err := req.Begin(TxOptions{}); err != nil {
				return nil, err
			}
			req.Tx().(*storeTx).added = 3
			if req.Args().Bool(0) {
				return nil, req.Commit()
			}
			return nil, nil
		})
		srv.Func("open_and_panic", func(_ context.Context, req *Request) (any, error) {
			_ = req.Begin(TxOptions{})
			panic("overboard")
		})
		c.write(call(1, "open", false))
		c.expectError(1, iproto.CodeFunctionTxActive, "Transaction is active at return from function")
		c.write(call(2, "open_and_panic"))
		c.expectError(2, iproto.CodeProcLua, "handler panicked: overboard")
		if n := s.open.Load(); n != 0 {
			t.Errorf("%d transactions are open", n)
		}
		c.ask(call(3, "open", true), 3)
		c.ask(callIn(1, 4, "open", false), 4)
		c.write(callIn(1, 5, "open", false))
		c.expectError(5, iproto.CodeActiveTransaction, "Operation is not permitted when there is an active transaction ")
		c.ask(commit(1, 6), 6)
		c.write(call(7, "sum"))
		c.expectInt(7, 6)
	})
}

func TestDisconnectRollsBack(t *testing.T) {
	for _, how := range []string{"close", "half-close", "reset"} {
		inStore(t, func(t *testing.T, s *store, srv *Server, c *raw) {
			c.ask(begin(1, 1), 1)
			c.ask(begin(2, 2), 2)
			c.ask(callIn(1, 3, "add", 1), 3)
			c.hangUp(how)
			reactortest.Eventually(t, func() bool { return s.open.Load() == 0 && srv.Stats().Streams == 0 }, "the rollbacks")
			if got := s.log(); got != "rollback rollback" {
				t.Errorf("%s: the store saw %q", how, got)
			}
		})
	}
}

func TestDisconnectRunsWhatIsQueuedInAStream(t *testing.T) {
	s, srv, c := withStore(t, Goroutine)
	gate, entered := make(chan struct{}), make(chan struct{})
	var ran atomic.Int32
	srv.Func("wait", func(context.Context, *Request) (any, error) { close(entered); <-gate; return nil, nil })
	srv.Func("count", func(context.Context, *Request) (any, error) { ran.Add(1); return nil, nil })
	out := append(begin(1, 1), callIn(1, 2, "wait")...)
	for i := range uint64(1000) {
		out = append(out, callIn(1, 3+i, "count")...)
	}
	c.write(out)
	<-entered
	reactortest.Eventually(t, func() bool { return srv.Stats().RequestsInStreamQueue == 1000 }, "the queue")
	c.hangUp("reset")
	reactortest.Eventually(t, func() bool { return len(srv.open()) == 0 }, "the disconnect")
	close(gate)
	reactortest.Eventually(t, func() bool { return s.open.Load() == 0 && srv.Stats().RequestsInProgress == 0 }, "S189: the end")
	if ran.Load() != 1000 || srv.Stats().Streams != 0 {
		t.Errorf("S189: %d of 1000 requests ran, %+v", ran.Load(), srv.Stats())
	}
}
