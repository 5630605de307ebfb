package reactor_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// placed is a client and the loop its connection is on.
type placed struct {
	net.Conn
	loop int
}

// placer listens with a placement; connect tells where a new connection is.
func placer(t *testing.T, r *reactor.Reactor, p reactor.Placement) (connect func(from string) placed) {
	t.Helper()
	loops := make(chan int, 1) // the loop of a new connection sends its number
	ln := listenWith(t, r, reactor.ListenConfig{Placement: p}, func(c *reactor.Conn) reactor.Handler {
		loops <- c.Loop().ID()
		return &handler{}
	})
	return func(from string) placed {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return placed{c, <-loops}
	}
}

const home = "127.0.0.1"

func TestRoundRobinLetsLoopsTakeTurns(t *testing.T) {
	connect := placer(t, start(t, reactor.Config{Loops: 3}), reactor.RoundRobin)
	first := connect(home).loop
	for i := range 9 {
		if got, want := connect(home).loop, (first+1+i)%3; got != want {
			t.Fatalf("connection %d is on loop %d, want %d", i, got, want)
		}
	}
}

func TestLeastConnsFillsTheEmptiestLoop(t *testing.T) {
	r := start(t, reactor.Config{Loops: 4})
	connect := placer(t, r, reactor.LeastConns)
	var perLoop [4]int
	var all []placed
	for range 40 {
		c := connect(home)
		perLoop[c.loop]++
		all = append(all, c)
	}
	if perLoop != [4]int{10, 10, 10, 10} {
		t.Errorf("the loops have %v connections", perLoop)
	}
	for _, c := range all {
		if c.loop < 2 {
			_ = c.Close()
		}
	}
	reactortest.Eventually(t, func() bool { return r.Conns() == 20 }, "the connections of two loops to end")
	for range 20 {
		perLoop[connect(home).loop]++
	}
	if perLoop != [4]int{20, 20, 10, 10} {
		t.Errorf("after the others had left: %v", perLoop)
	}
}

func TestPeerHashKeepsAPeerOnItsLoop(t *testing.T) {
	connect := placer(t, start(t, reactor.Config{Loops: 4}), reactor.PeerHash)
	loop := connect(home).loop
	for range 10 {
		if c := connect(home); c.loop != loop {
			t.Fatalf("a connection is on loop %d, the first one on %d", c.loop, loop)
		}
	}
}

func TestPlacementIsChecked(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	for _, cfg := range []reactor.ListenConfig{{Placement: -1}, {Placement: 3}, {Backlog: -1}, {MaxConns: -1}} {
		if ln, err := r.Listen("tcp", "127.0.0.1:0", cfg, echo); err == nil {
			_ = ln.Close()
			t.Errorf("Listen took %+v", cfg)
		}
	}
	d := reactor.Dialer{Reactor: r, Placement: 7}
	if _, err := d.Dial(t.Context(), "tcp", "127.0.0.1:1", &handler{}); err == nil {
		t.Error("Dial took placement 7")
	}
	d = reactor.Dialer{Reactor: r, Loop: start(t, reactor.Config{Loops: 1}).Loop(0)}
	if _, err := d.Dial(t.Context(), "tcp", "127.0.0.1:1", &handler{}); err == nil || errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a loop of another reactor: %v", err)
	}
}
