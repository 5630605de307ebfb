package box

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestRingKeepsTheOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var q ring
	var want []*Request
	for range 100_000 {
		if random.IntN(1000) < 505 {
			r := new(Request)
			q.push(r)
			want = append(want, r)
		} else if r := q.pop(); len(want) == 0 {
			if r != nil {
				t.Fatal("an empty ring gave something")
			}
		} else {
			if r != want[0] {
				t.Fatalf("%d requests in the ring: got another one", len(want))
			}
			want = want[1:]
		}
		if q.len != len(want) || len(q.buf)&(len(q.buf)-1) != 0 {
			t.Fatalf("length %d, want %d, room for %d", q.len, len(want), len(q.buf))
		}
	}
}

// pooled returns a request that runs f on a pool, without a client.
func pooled(x *session, f func()) *Request {
	return &Request{session: x, fn: &function{act: callFunction,
		f: func(context.Context, *Request) (any, error) { f(); return nil, nil }}}
}

// quietSession is a session whose client has connected and does nothing.
func quietSession(t *testing.T) *session {
	srv, addr := start(t, Config{})
	dialRaw(t, addr).expectAlive()
	x := srv.open()[0]
	x.burden.n.Add(1 << 20 << burdenBits) // these requests are not counted
	srv.turnstile.inside.Add(1 << 20)
	t.Cleanup(func() { srv.turnstile.inside.Store(0) })
	return x
}

func TestPoolKeepsFewIdleWorkersAndEndsThemAll(t *testing.T) {
	x := quietSession(t)
	p := newPool(1000)
	gate := make(chan struct{}) // closed by the test
	var running atomic.Int32
	var batch []*Request
	for range 500 {
		batch = append(batch, pooled(x, func() { running.Add(1); <-gate }))
	}
	p.put(batch)
	reactortest.Eventually(t, func() bool { return running.Load() == 500 }, "500 workers")
	close(gate)
	count := func() (workers, idle int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.workers, len(p.idle)
	}
	reactortest.Eventually(t, func() bool { w, idle := count(); return w == keepIdle && idle == keepIdle }, "the others to end")
	p.close()
	reactortest.Eventually(t, func() bool { w, _ := count(); return w == 0 }, "all to end")
}

func TestPoolLosesNothingWhileItsWorkersComeAndGo(t *testing.T) {
	x := quietSession(t)
	p := newPool(8)
	defer p.close()
	for range 2000 {
		const n = 10
		var ran atomic.Int32
		for range n {
			p.put([]*Request{pooled(x, func() { ran.Add(1) })})
		}
		reactortest.Eventually(t, func() bool { return ran.Load() == n }, "%d requests to run", n)
	}
}

func TestPoolRunsWhatIsQueuedWhenItIsClosed(t *testing.T) {
	x := quietSession(t)
	for range 200 {
		p := newPool(2)
		var ran atomic.Int32
		var batch []*Request
		for range 100 {
			batch = append(batch, pooled(x, func() { ran.Add(1) }))
		}
		p.put(batch[:50])
		p.put(batch[50:])
		p.close()
		reactortest.Eventually(t, func() bool { return ran.Load() == 100 }, "all requests to run")
	}
}
