package box

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestS204SessionsHaveNumbersAndPeers(t *testing.T) {
	srv, addr := start(t, Config{})
	type client struct {
		id   uint64
		peer string
	}
	gone := make(chan client, 3) // the triggers send
	srv.OnDisconnect(func(s Session) { gone <- client{s.ID(), s.Peer().String()} })
	srv.Func("id", func(_ context.Context, req *Request) (any, error) { return int(req.Session().ID()), nil })
	for want := range uint64(3) {
		c := dialRaw(t, addr)
		c.write(call(1, "id"))
		if p := c.expectOK(1); p.body[len(p.body)-1] != byte(want+1) {
			t.Errorf("session %x, want %d", p.body, want+1)
		}
		local := c.LocalAddr().String()
		c.hangUp("close")
		if got := <-gone; got.id != want+1 || got.peer != local {
			t.Errorf("on_disconnect saw %+v, want %d %s", got, want+1, local)
		}
	}
}

func TestConnectTriggersRunBeforeAnythingIsRead(t *testing.T) {
	srv, addr := start(t, Config{Mode: Inline})
	gate := make(chan struct{}) // closed by the test
	var called, order atomic.Int32
	srv.OnConnect(func(context.Context, Session) error { <-gate; order.Store(1); return nil })
	srv.OnConnect(func(_ context.Context, s Session) error {
		order.CompareAndSwap(1, 2)
		s.Storage().Store("k", 7)
		return nil
	})
	srv.Func("f", func(_ context.Context, req *Request) (any, error) {
		called.Store(order.Load())
		v, _ := req.Session().Storage().Load("k")
		return v, nil
	})
	c := dialRaw(t, addr)
	c.write(call(1, "f"))
	close(gate)
	if p := c.expectOK(1); called.Load() != 2 || p.body[len(p.body)-1] != 7 {
		t.Errorf("after %d triggers the handler found %x", called.Load(), p.body)
	}
}

func TestS206ConnectTriggerThatFails(t *testing.T) {
	srv, addr := start(t, Config{})
	srv.OnConnect(func(context.Context, Session) error { return errors.New("not you") })
	srv.OnConnect(func(context.Context, Session) error { panic("not reached") })
	c := dialRaw(t, addr) // has read the greeting
	c.expectError(0, iproto.CodeProcLua, "not you")
	c.expectEOF()
	if n := srv.Stats().Panics; n != 0 {
		t.Error("the second trigger ran")
	}
}

func TestConnectTriggerThatPanics(t *testing.T) {
	srv, addr := start(t, Config{})
	srv.OnConnect(func(context.Context, Session) error { panic("overboard") })
	c := dialRaw(t, addr)
	c.expectError(0, iproto.CodeProcLua, "trigger panicked: overboard")
	c.expectEOF()
}

func TestS207DisconnectTriggerRunsOnceThoughAHandlerStillRuns(t *testing.T) {
	for _, how := range []string{"close", "half-close", "reset"} {
		t.Run(how, func(t *testing.T) {
			srv, addr := start(t, Config{})
			var mu sync.Mutex
			var events []string
			note := func(s string) { mu.Lock(); events = append(events, s); mu.Unlock() }
			seen := func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(events) }
			began := make(chan struct{})
			gate := make(chan struct{}) // closed by the test
			srv.OnDisconnect(func(Session) { note("disconnected") })
			srv.Func("wait", func(context.Context, *Request) (any, error) {
				close(began)
				<-gate
				note("handler ended")
				return nil, nil
			})
			c := dialRaw(t, addr)
			c.write(call(1, "wait"))
			<-began
			c.hangUp(how)
			reactortest.Eventually(t, func() bool { return len(seen()) > 0 }, "the trigger")
			close(gate)
			reactortest.Eventually(t, func() bool { return len(seen()) == 2 }, "the handler")
			if err := srv.Shutdown(patience(t)); err != nil {
				t.Fatal(err)
			}
			if got := seen(); !slices.Equal(got, []string{"disconnected", "handler ended"}) {
				t.Errorf("S118, S207: %v", got)
			}
		})
	}
}

func TestDisconnectComesAfterTheConnectTriggersHaveRun(t *testing.T) {
	srv, addr := start(t, Config{})
	gate, entered := make(chan struct{}), make(chan struct{})
	var order atomic.Int32
	srv.OnConnect(func(context.Context, Session) error { close(entered); <-gate; order.CompareAndSwap(0, 1); return nil })
	srv.OnDisconnect(func(Session) { order.CompareAndSwap(1, 2) })
	c := dialRaw(t, addr)
	<-entered
	c.hangUp("reset")
	close(gate)
	reactortest.Eventually(t, func() bool { return order.Load() == 2 }, "both triggers, one after the other")
}

func TestS209StorageIsPerConnection(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, a *raw) {
		srv.Func("count", func(_ context.Context, req *Request) (any, error) {
			n, _ := req.Session().Storage().LoadOrStore("n", new(atomic.Int32))
			return int(n.(*atomic.Int32).Add(1)), nil
		})
		b := dialRaw(t, a.RemoteAddr().String())
		for i, c := range []*raw{a, a, b, a, b} {
			c.write(call(1, "count"))
			want := []byte{1, 2, 1, 3, 2}[i]
			if p := c.expectOK(1); p.body[len(p.body)-1] != want {
				t.Errorf("call %d: got %x, want %d", i, p.body, want)
			}
		}
	})
}

func TestServerClosesASession(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		srv.Func("leave", func(_ context.Context, req *Request) (any, error) { req.Session().Disconnect(); return "bye", nil })
		c.write(call(1, "leave"))
		c.expectEOF()
	})
}

// TestS206NetBoxIsTurnedAway compares with what net.box 2.6 makes of its own server in this case: it does not look at
// the error, which answers none of its requests.
func TestS206NetBoxIsTurnedAway(t *testing.T) {
	srv, addr := start(t, Config{MaxConns: 1})
	const script = `
local c = require('net.box').connect(...)
print(c.state, c.error)
os.exit(0)
`
	srv.OnConnect(func(context.Context, Session) error { return Errorf(4242, "not today") })
	if got := tarantooltest.RunScript(t, script, addr); got != "error\tPeer closed\n" {
		t.Errorf("after a trigger failed: %q", got)
	}
	full, address := start(t, Config{MaxConns: 1})
	dialRaw(t, address).expectAlive()
	if got := tarantooltest.RunScript(t, script, address); got != "error\tPeer closed\n" {
		t.Errorf("with too many clients: %q", got)
	}
	if n := full.Stats().ConnectionsRefused; n != 1 {
		t.Errorf("%d clients were turned away", n)
	}
}

func TestS206TheErrorIsReadThoughTheClientHasSentMuch(t *testing.T) {
	srv, addr := start(t, Config{})
	srv.OnConnect(func(context.Context, Session) error { return Errorf(4242, "not today") })
	for range 20 {
		c := dialRaw(t, addr)
		for i := range uint64(100) {
			if _, err := c.Write(call(i, "echo", make([]byte, 1000))); err != nil {
				t.Fatal(err) // a connection that was closed with this unread would be reset
			}
		}
		c.expectError(0, 4242, "not today")
		c.expectEOF()
		c.Close()
	}
	reactortest.Eventually(t, func() bool { return srv.Stats().Connections == 0 && srv.lingering.Load() == 0 }, "the sessions to end")
}

func TestWhoWasTurnedAwayAndStaysIsClosed(t *testing.T) {
	srv, addr := start(t, Config{})
	srv.OnConnect(func(context.Context, Session) error { return Errorf(4242, "not today") })
	c := dialRaw(t, addr)
	c.expectError(0, 4242, "not today")
	reactortest.Eventually(t, func() bool { return srv.Stats().Connections == 0 }, "the session to end")
}

// Triggers may do everything, whoever the session is; what it asks for is done as its user.
func TestS210TriggersRunAsAdminAndRequestsAsTheUser(t *testing.T) {
	srv, addr := start(t, Config{AuthDelay: -1})
	seen := make(chan string, 10) // triggers and handlers send
	for _, u := range []User{{Name: guestName}, {Name: "alice", Password: "secret", Grants: []Grant{{Execute, "function", "who"}}}} {
		if err := srv.SetUser(u); err != nil {
			t.Fatal(err)
		}
	}
	srv.Func("who", func(_ context.Context, req *Request) (any, error) { return req.Session().User(), nil })
	admin := func(what string, s Session) error {
		seen <- what + " " + s.User()
		return errors.Join(srv.SetUser(User{Name: "made by " + what}), srv.Broadcast("news", what), srv.SetSpaces())
	}
	srv.OnConnect(func(_ context.Context, s Session) error { return admin("connect", s) })
	srv.OnAuth(func(_ context.Context, s Session, user string, _ bool) error { return admin("auth of "+user, s) })
	srv.OnDisconnect(func(s Session) {
		if err := admin("disconnect", s); err != nil {
			t.Error(err)
		}
	})
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-seen:
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		case <-patience(t).Done():
			t.Fatalf("no %q", want)
		}
	}
	c := dialRaw(t, addr)
	expect("connect guest")
	c.write(call(1, "who"))
	c.expectError(1, iproto.CodeAccessDenied, "Execute access to function 'who' is denied for user 'guest'")
	c.ask(c.auth(2, "alice", "secret"), 2)
	expect("auth of alice guest") // who is not alice before it agrees
	c.write(call(3, "who"))
	if got := fmt.Sprint(results(t, c.take())); got != "[alice]" {
		t.Errorf("the handler saw %s", got)
	}
	c.write(call(4, "echo"))
	c.expectError(4, iproto.CodeAccessDenied, "Execute access to function 'echo' is denied for user 'alice'")
	c.Close()
	expect("disconnect alice")
}
