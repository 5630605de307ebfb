package box

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A crowd is handlers that wait until they are let go, and how many there were at once.
type crowd struct {
	now, most atomic.Int32
	gate      chan struct{} // closed by open
}

func (w *crowd) handler(context.Context, *Request) (any, error) {
	n := w.now.Add(1)
	for m := w.most.Load(); n > m && !w.most.CompareAndSwap(m, n); m = w.most.Load() {
	}
	<-w.gate
	w.now.Add(-1)
	return nil, nil
}

func TestS181MaxRequestsOfAllConnections(t *testing.T) {
	for _, limit := range []int{1, 2, 7, 50} {
		srv, addr := start(t, Config{MaxRequests: limit})
		w := &crowd{gate: make(chan struct{})}
		srv.Func("wait", w.handler)
		const clients, each = 10, 40
		var wg sync.WaitGroup
		for range clients {
			c := dialRaw(t, addr)
			var out []byte
			for i := range each {
				out = append(out, call(uint64(i), "wait")...)
			}
			c.write(out)
			wg.Go(func() {
				for range each {
					if p, err := c.next(); err != nil || p.Type != iproto.TypeOK {
						t.Errorf("%v %v", p, err)
						return
					}
				}
			})
		}
		reactortest.Eventually(t, func() bool {
			return int(w.now.Load()) == limit && srv.Stats().RequestsWaiting > 0
		}, "%d handlers to run and others to wait", limit)
		dialRaw(t, addr).expectAlive() // what is answered at once needs no place
		close(w.gate)
		wg.Wait()
		if n := int(w.most.Load()); n > limit {
			t.Errorf("%d handlers at once, the limit is %d", n, limit)
		}
	}
}

func TestS182RaisingTheLimitLetsGoOn(t *testing.T) {
	srv, addr := start(t, Config{MaxRequests: 2})
	w := &crowd{gate: make(chan struct{})}
	srv.Func("wait", w.handler)
	var clients []*raw
	for range 5 {
		c := dialRaw(t, addr)
		c.write(append(call(1, "wait"), call(2, "wait")...))
		clients = append(clients, c)
	}
	running := func(n int) {
		t.Helper()
		reactortest.Eventually(t, func() bool { return int(w.now.Load()) == n }, "%d handlers to run", n)
	}
	running(2)
	srv.SetMaxRequests(6)
	running(6)
	srv.SetMaxRequests(0)
	running(10)
	srv.SetMaxRequests(1)
	close(w.gate)
	for _, c := range clients {
		c.take()
		c.take()
		c.write(call(3, "nop"))
		c.expectOK(3)
	}
}

func TestAClientThatWaitsForItsTurnAndLeavesHoldsNobodyUp(t *testing.T) {
	for _, how := range []string{"close", "reset", "half-close"} {
		t.Run(how, func(t *testing.T) {
			srv, addr := start(t, Config{MaxRequests: 1})
			w := &crowd{gate: make(chan struct{})}
			srv.Func("wait", w.handler)
			first, second, third := dialRaw(t, addr), dialRaw(t, addr), dialRaw(t, addr)
			first.write(call(1, "wait"))
			reactortest.Eventually(t, func() bool { return w.now.Load() == 1 }, "the first")
			second.write(call(1, "nop"))
			reactortest.Eventually(t, func() bool { return srv.Stats().RequestsWaiting == 1 }, "the second to wait")
			third.write(call(1, "nop"))
			reactortest.Eventually(t, func() bool { return srv.Stats().RequestsWaiting == 2 }, "the third to wait")
			second.hangUp(how)
			close(w.gate)
			first.expectOK(1)
			third.expectOK(1)
		})
	}
}

func TestS185ReadaheadStopsTheInput(t *testing.T) {
	srv, addr := start(t, Config{Readahead: 10_000})
	w := &crowd{gate: make(chan struct{})}
	srv.Func("wait", w.handler)
	c := dialRaw(t, addr)
	c.write(call(0, "wait", make([]byte, 100_000))) // longer than all of it
	reactortest.Eventually(t, func() bool { return w.now.Load() == 1 }, "the long one")
	c.write(call(1, "wait", 1))
	other := dialRaw(t, addr)
	for range 20 {
		other.write(call(2, "wait", make([]byte, 1000)))
	}
	reactortest.Eventually(t, func() bool { return w.now.Load() == 1+10 }, "ten of the thousands")
	close(w.gate)
	c.take()
	c.take()
	for range 20 {
		other.expectOK(2)
	}
}

func TestLongPollsDoNotStopTheInput(t *testing.T) {
	srv, addr := start(t, Config{})
	w := &crowd{gate: make(chan struct{})}
	srv.Func("wait", w.handler)
	c := dialRaw(t, addr)
	var out []byte
	for i := range uint64(3000) {
		out = append(out, call(i, "wait")...)
	}
	c.write(out)
	c.write(call(5000, "nop"))
	c.expectOK(5000)
	close(w.gate)
	for range 3000 {
		c.take()
	}
}

func TestS186WhatWasStartedRunsThoughTheClientHasHungUp(t *testing.T) {
	srv, addr := start(t, Config{})
	var ran atomic.Int32
	srv.Func("count", func(context.Context, *Request) (any, error) { ran.Add(1); return nil, nil })
	c := dialRaw(t, addr)
	var out []byte
	for i := range uint64(500) {
		out = append(out, call(i, "count")...)
	}
	c.write(out)
	c.hangUp("half-close")
	reactortest.Eventually(t, func() bool { return ran.Load() == 500 }, "all requests to run")
}

func TestConnectionsAreLimited(t *testing.T) {
	for _, cfg := range []Config{{MaxConns: 2}, {MaxConnsPerAddress: 2}} {
		srv, addr := start(t, cfg)
		a, b := dialRaw(t, addr), dialRaw(t, addr)
		a.expectAlive()
		b.expectAlive()
		for range 3 {
			c := dialRaw(t, addr)
			c.expectError(0, iproto.CodeNoConnection, "Too many connections")
			c.expectEOF()
		}
		a.expectAlive()
		b.hangUp("close")
		reactortest.Eventually(t, func() bool { return srv.Stats().Connections == 1 }, "a place")
		dialRaw(t, addr).expectAlive()
		if s := srv.Stats(); s.ConnectionsTotal != 3 || s.ConnectionsRefused != 3 {
			t.Errorf("%+v", s)
		}
		srv.mu.Lock()
		if n := len(srv.addresses); n > 1 {
			t.Errorf("%d addresses are remembered", n)
		}
		srv.mu.Unlock()
	}
}

// expectClosed waits for the end, whichever form it takes.
func (r *raw) expectClosed() {
	r.t.Helper()
	for {
		if _, err := r.next(); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				r.t.Errorf("ended with %v", err)
			}
			return
		}
	}
}

func TestS211IdleConnectionsAreClosed(t *testing.T) {
	const idle = 300 * time.Millisecond
	srv, addr := start(t, Config{IdleTimeout: idle})
	w := &crowd{gate: make(chan struct{})}
	srv.Func("wait", w.handler)
	busy := dialRaw(t, addr)
	busy.write(call(1, "wait"))
	quiet := dialRaw(t, addr)
	began := time.Now()
	quiet.expectAlive()
	quiet.expectClosed()
	if took := time.Since(began); took < idle {
		t.Errorf("closed after %v", took)
	}
	chatty := dialRaw(t, addr)
	for began := time.Now(); time.Since(began) < 2*idle; { // any input resets it
		chatty.expectAlive()
	}
	close(w.gate)
	busy.expectOK(1) // it waited for an answer, and so was not idle
	busy.expectClosed()
	chatty.expectClosed()
}

func TestClientsThatSayNothingAreClosed(t *testing.T) {
	_, addr := start(t, Config{LoginTimeout: 500 * time.Millisecond})
	early := dialRaw(t, addr)
	early.expectAlive()
	late := dialRaw(t, addr)
	late.write([]byte{0xce, 0, 0}) // the beginning of a request is none
	late.expectClosed()
	early.expectAlive()
}

func TestPacketsThatComeSlowlyAreNotWaitedFor(t *testing.T) {
	_, addr := start(t, Config{PacketTimeout: 50 * time.Millisecond})
	c := dialRaw(t, addr)
	p := call(1, "echo", "hello")
	for i := range p { // in time, though in many pieces
		c.write(p[i : i+1])
	}
	c.expectOK(1)
	time.Sleep(60 * time.Millisecond) // nothing is no packet
	c.expectAlive()
	c.write(p[:len(p)-1])
	c.expectClosed()
}

func TestS48ManyClientsComeAndGoAtALowLimit(t *testing.T) {
	srv, addr := start(t, Config{MaxRequests: 16})
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range 10 {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				r := &raw{Conn: c, t: t}
				greeting := make([]byte, iproto.GreetingSize)
				if _, err := io.ReadFull(c, greeting); err != nil {
					t.Error(err)
				}
				if _, err := c.Write(append(call(1, "echo", 1), call(2, "nop")...)); err != nil {
					t.Error(err)
				}
				for range 2 {
					if p, err := r.next(); err != nil || p.Type != iproto.TypeOK {
						t.Errorf("%v %v", p, err)
					}
				}
				c.Close()
			}
		})
	}
	wg.Wait()
	reactortest.Eventually(t, func() bool {
		s := srv.Stats()
		return s.Connections == 0 && s.RequestsInProgress == 0 && s.RequestsWaiting == 0
	}, "everything to be over")
}
