package box

import (
	"io"
	"net"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// An audience is clients that watch a key, all of them idle.
type audience struct {
	srv     *Server
	reactor *reactor.Reactor
	conns   []net.Conn
	buf     []byte
	first   bool
}

func newAudience(t testing.TB, size, loops int) *audience {
	t.Helper()
	r, err := reactor.New(reactor.Config{Loops: loops})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	srv, addr := start(t, Config{Reactor: r})
	a := &audience{srv: srv, reactor: r, buf: make([]byte, 4096), first: true}
	greeting := make([]byte, iproto.GreetingSize)
	for range size {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.ReadFull(c, greeting); err != nil {
			t.Fatal(err)
		}
		a.conns = append(a.conns, c)
	}
	a.acknowledge(t)
	a.first = false
	a.acknowledge(t)
	return a
}

// acknowledge has every client read its event and send a WATCH. It returns when the server has seen them all.
func (a *audience) acknowledge(t testing.TB) {
	t.Helper()
	out := iproto.AppendWatch(nil, "k")
	if !a.first {
		out = iproto.AppendPing(out, 1, 0)
	}
	for _, c := range a.conns {
		if _, err := c.Write(out); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range a.conns {
		if _, err := c.Read(a.buf); err != nil {
			t.Fatal(err)
		}
	}
}

// receive has every client read its event.
func (a *audience) receive(t testing.TB) {
	t.Helper()
	for _, c := range a.conns {
		if _, err := c.Read(a.buf); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABroadcastWakesEachLoopOnce(t *testing.T) {
	const loops = 2
	a := newAudience(t, 200, loops)
	for i := range 20 {
		before := a.reactor.Stats().Kicks
		if err := a.srv.Broadcast("k", i); err != nil {
			t.Fatal(err)
		}
		a.receive(t)
		if n := a.reactor.Stats().Kicks - before; n > loops {
			t.Errorf("a broadcast to %d clients woke %d loops %d times", len(a.conns), loops, n)
		}
		a.acknowledge(t)
	}
}

// BenchmarkBroadcast measures what it takes until the kernel has the events of all clients. There are as many as fit
// into 20,000 descriptors, of which each takes two.
func BenchmarkBroadcast(b *testing.B) {
	const clients = 9900
	a := newAudience(b, clients, 2)
	b.ReportAllocs()
	b.StopTimer()
	b.ResetTimer()
	for i := range b.N {
		writes := a.reactor.Stats().Writes
		b.StartTimer()
		if err := a.srv.Broadcast("k", i); err != nil {
			b.Fatal(err)
		}
		reactortest.Eventually(b, func() bool { return a.reactor.Stats().Writes >= writes+clients }, "all events")
		b.StopTimer()
		a.receive(b)
		a.acknowledge(b)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/clients, "ns/event")
}
