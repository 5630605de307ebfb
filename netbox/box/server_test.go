package box

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestTheServerTellsItsConfig(t *testing.T) {
	srv, err := New(Config{MaxInFlight: 7, MaxRequests: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	srv.SetMaxRequests(5)
	c := srv.Config()
	if c.MaxInFlight != 7 || c.MaxRequests != 5 || c.Workers != 10_000 || c.OutputBudget != 64<<20 || c.Mode != Goroutine ||
		c.ShutdownTimeout != 3*time.Second || c.Version != "3.3.0" || c.Logger == nil || c.Reactor != nil {
		t.Errorf("got %+v", c)
	}
	again, err := New(c) // it is a valid one
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

func TestTheServerTellsItsReactor(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	guest, err := New(Config{Reactor: r})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := guest.Reactor(); got != r || err != nil {
		t.Errorf("got %p, %v, want %p", got, err, r)
	}
	_ = guest.Close()
	srv, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := srv.Reactor()
	if err != nil || own == nil || own == r {
		t.Fatalf("got %p, %v", own, err)
	}
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dialRaw(t, addr.String()).expectAlive()
	if own.Stats().Conns != 1 {
		t.Errorf("it has %d connections", own.Stats().Conns)
	}
	_ = srv.Close()
	if got, err := srv.Reactor(); got != own || err != nil {
		t.Errorf("after Close: %p, %v, want %p", got, err, own)
	}
	never, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	_ = never.Close()
	if got, err := never.Reactor(); got != nil || !errors.Is(err, net.ErrClosed) {
		t.Errorf("of a server that never had one: %p, %v", got, err)
	}
}

func TestTheServerTellsItsAddressesAndSessions(t *testing.T) {
	srv, addr := start(t, Config{})
	second, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(srv.Addrs()), fmt.Sprint([]string{addr, second.String()}); got != want {
		t.Errorf("it listens on %s, want %s", got, want)
	}
	if err := srv.SetUser(User{Name: "alice", Password: "secret", Rights: All}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		dialRaw(t, addr).expectAlive()
	}
	c := dialRaw(t, second.String())
	c.ask(c.auth(1, "alice", "secret"), 1)
	sessions := srv.Sessions()
	if len(sessions) != 4 {
		t.Fatalf("there are %d sessions", len(sessions))
	}
	for i, x := range sessions {
		if x.ID() != uint64(i+1) || !x.Connected() || x.Sync() != 0 || x.User() != map[bool]string{false: "guest", true: "alice"}[i == 3] {
			t.Errorf("session %d: %d, %s", i, x.ID(), x.User())
		}
	}
	last := sessions[3]
	if last.Peer().String() != c.LocalAddr().String() {
		t.Errorf("the last one is %v, want %v", last.Peer(), c.LocalAddr())
	}
	last.Disconnect()
	c.expectEOF()
	reactortest.Eventually(t, func() bool { return len(srv.Sessions()) == 3 && !last.Connected() }, "the session to be gone")
	_ = srv.Close()
	if len(srv.Addrs())+len(srv.Sessions()) != 0 {
		t.Errorf("after Close: %v, %v", srv.Addrs(), srv.Sessions())
	}
}
