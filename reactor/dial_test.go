package reactor_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// never is a delay that no test waits for.
const never = time.Hour

// bothFamilies listens on the same port of 127.0.0.1 and, if v6, of ::1.
func bothFamilies(t *testing.T, r *reactor.Reactor, v4, v6 bool) (port string) {
	t.Helper()
	for range 100 {
		probe, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skipf("SKIPPED: no IPv6 loopback: %v", err)
		}
		_, port, _ = net.SplitHostPort(probe.Addr().String())
		_ = probe.Close()
		var opened []*reactor.Listener
		for host, wanted := range map[string]bool{"127.0.0.1": v4, "::1": v6} {
			ln, err := r.Listen("tcp", net.JoinHostPort(host, port), reactor.ListenConfig{}, echo)
			if err != nil {
				break // on with another port
			}
			if opened = append(opened, ln); !wanted {
				_ = ln.Close()
			}
		}
		if len(opened) == 2 {
			return port
		}
		for _, ln := range opened {
			_ = ln.Close()
		}
	}
	t.Fatal("no port is free in both families")
	return ""
}

func TestPreferredFamilyWins(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	port := bothFamilies(t, r, true, true)
	d := reactor.Dialer{Reactor: r, Resolver: reactortest.NameServer(t, "127.0.0.1", "::1"), FallbackDelay: never}
	c, err := d.Dial(t.Context(), "tcp", "dual.test.:"+port, &handler{})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.RemoteAddr().String(); got != "[::1]:"+port {
		t.Errorf("connected to %s", got)
	}
	for network, want := range map[string]string{"tcp4": "127.0.0.1:" + port, "tcp6": "[::1]:" + port} {
		c, err := d.Dial(t.Context(), network, "dual.test.:"+port, &handler{})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.RemoteAddr().String(); got != want {
			t.Errorf("%s connected to %s", network, got)
		}
	}
}

func TestRefusedAddressIsPassedOverAtOnce(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := bothFamilies(t, r, true, false)
	d := reactor.Dialer{Reactor: r, Resolver: reactortest.NameServer(t, "::1", "127.0.0.1"), FallbackDelay: never}
	c, err := d.Dial(t.Context(), "tcp", "dual.test.:"+port, &handler{})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.RemoteAddr().String(); got != "127.0.0.1:"+port {
		t.Errorf("connected to %s", got)
	}
}

func TestErrorTellsWhatEachAttemptSaid(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := bothFamilies(t, r, false, false)
	d := reactor.Dialer{Reactor: r, Resolver: reactortest.NameServer(t, "::1", "127.0.0.1")}
	_, err := d.Dial(t.Context(), "tcp", "dual.test.:"+port, &handler{})
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || op.Timeout() {
		t.Fatalf("got %v, want a *net.OpError", err)
	}
	for _, want := range []string{"[::1]:" + port + ": connect: connection refused", "127.0.0.1:" + port + ": connect: connection refused"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not tell %q", err, want)
		}
	}
}

func TestNameThatDoesNotExist(t *testing.T) {
	d := reactor.Dialer{Reactor: start(t, reactor.Config{Loops: 1}), Resolver: reactortest.NameServer(t)}
	_, err := d.Dial(t.Context(), "tcp", "nobody.test.:80", &handler{})
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("got %v", err)
	}
}

func TestResolverThatIsSilentIsGivenUp(t *testing.T) {
	mute, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	r := start(t, reactor.Config{Loops: 1})
	d := reactor.Dialer{Reactor: r, Resolver: reactortest.ResolverAt(t, mute.LocalAddr().String())}
	boom := errors.New("boom")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { // cancels when the question has arrived
		_, _, _ = mute.ReadFrom(make([]byte, 1500))
		cancel(boom)
	}()
	if _, err := d.Dial(ctx, "tcp", "mute.test.:80", &handler{}); !errors.Is(err, boom) {
		t.Errorf("after a cancel: %v", err)
	}
	d.Timeout = 30 * time.Millisecond
	_, err = d.Dial(t.Context(), "tcp", "mute.test.:80", &handler{})
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("after the timeout: %v", err)
	}
}

func TestDialsByNameWithinAwaitDoNotWaitForEachOther(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := bothFamilies(t, r, true, false)
	d := reactor.Dialer{Reactor: r, Resolver: reactortest.NameServer(t, "127.0.0.1")}
	const dials = 300 // more than Await runs at a time
	outcomes := make(chan error, dials)
	for range dials {
		_, err := r.Loop(0).Go(t.Context(), func(ctx context.Context) {
			reactor.Await(ctx, func() {
				c, err := d.Dial(context.Background(), "tcp", "many.test.:"+port, &handler{})
				if err == nil {
					c.Abort(nil)
				}
				outcomes <- err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range dials {
		if err := <-outcomes; err != nil {
			t.Fatal(err)
		}
	}
}

func TestDialFuncServesCallbacks(t *testing.T) {
	r := start(t, reactor.Config{Loops: 3})
	ln := listen(t, r, echo)
	l := r.Loop(1)
	events := make(chan string, 10) // the loop sends what it does, in order
	h := &handler{
		open: func(c *reactor.Conn) { events <- "open"; _, _ = c.Write([]byte("x")) },
		data: func(c *reactor.Conn, p []byte) int { events <- "data"; _ = c.Close(); return len(p) },
	}
	_ = l.Post(func() {
		d := reactor.Dialer{Loop: l}
		err := d.DialFunc(context.Background(), "tcp", ln.Addr().String(), h, func(c *reactor.Conn, err error) {
			if err != nil || c.Loop() != l {
				t.Errorf("got %v, %v", c, err)
			}
			events <- "done"
		})
		if err != nil {
			t.Error(err)
		}
		events <- "posted"
	})
	for _, want := range []string{"posted", "done", "open", "data"} {
		if got := <-events; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDialFuncTellsFailures(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := bothFamilies(t, r, false, false)
	outcome := make(chan error, 1)
	done := func(c *reactor.Conn, err error) {
		if c != nil {
			t.Error("a connection came with an error")
		}
		outcome <- err
	}
	for _, tt := range []struct {
		name    string
		address string
		names   *net.Resolver
	}{
		{"refused", "127.0.0.1:" + port, nil},
		{"no such name", "nobody.test.:80", reactortest.NameServer(t)},
	} {
		d := reactor.Dialer{Reactor: r, Resolver: tt.names}
		if err := d.DialFunc(t.Context(), "tcp", tt.address, &handler{}, done); err != nil {
			t.Fatal(err)
		}
		var op *net.OpError
		if err := <-outcome; !errors.As(err, &op) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	_ = r.Close()
	d := reactor.Dialer{Reactor: r}
	if err := d.DialFunc(t.Context(), "tcp", "127.0.0.1:"+port, &handler{}, done); !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("a stopped reactor says %v", err)
	}
	if len(outcome) > 0 {
		t.Error("done was called besides the error")
	}
}

func TestDialPlacesTheConnection(t *testing.T) {
	r := start(t, reactor.Config{Loops: 4})
	ln := listen(t, start(t, reactor.Config{Loops: 1}), echo)
	perLoop := make([]int, 4)
	for range 20 {
		c, err := (&reactor.Dialer{Reactor: r, Placement: reactor.LeastConns}).Dial(t.Context(), "tcp", ln.Addr().String(), &handler{})
		if err != nil {
			t.Fatal(err)
		}
		perLoop[c.Loop().ID()]++
	}
	for _, n := range perLoop {
		if n != 5 {
			t.Errorf("least connections: %v", perLoop)
			break
		}
	}
	goFiber(t, r.Loop(2), func(ctx context.Context) {
		c, err := r.Dial(ctx, "tcp", ln.Addr().String(), &handler{})
		if err != nil || c.Loop() != r.Loop(2) {
			t.Errorf("in a fiber: %v", err)
		}
	})
}

func TestBytesThatComeWithTheConnectionAreRead(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{open: func(c *reactor.Conn) { _, _ = c.Write([]byte("hi")); _ = c.Close() }}
	})
	for range 200 {
		got := make(chan string, 1)
		_, err := r.Dial(t.Context(), "tcp", ln.Addr().String(), &handler{
			data: func(_ *reactor.Conn, p []byte) int { got <- string(p); return len(p) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != "hi" {
			t.Fatalf("got %q", s)
		}
	}
	reactortest.Eventually(t, func() bool { return r.Conns() == 0 }, "the connections to end")
}
