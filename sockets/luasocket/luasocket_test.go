package luasocket

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
	"github.com/kharon-net/kharon/sockets"
)

func TestMain(m *testing.M) {
	reactortest.MainWith(m, reactortest.Options{After: func() {
		if r, err := reactor.Default(); err == nil {
			_ = r.Shutdown(context.Background()) // waits for every socket
		}
	}})
}

// modes runs a case on a goroutine and in a fiber.
func modes(t *testing.T, f func(t *testing.T, ctx context.Context)) {
	t.Run("goroutine", func(t *testing.T) { f(t, context.Background()) })
	t.Run("fiber", func(t *testing.T) {
		r, err := reactor.Default()
		if err != nil {
			t.Fatal(err)
		}
		x, err := r.Go(context.Background(), func(ctx context.Context) { f(t, ctx) })
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// pair returns both ends of a connection. A case must not end its goroutine,
// which may be a fiber's: it fails and goes on.
func pair(t *testing.T, ctx context.Context) (c, s *TCP) {
	t.Helper()
	ln, err := Bind("127.0.0.1", "0", 0)
	if err != nil {
		panic(err)
	}
	_, port, _, _ := ln.Getsockname()
	if c, err = ConnectContext(ctx, "127.0.0.1", port); err != nil {
		panic(err)
	}
	if s, err = ln.WithContext(ctx).Accept(); err != nil {
		panic(err)
	}
	ln.Close()
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s.WithContext(ctx)
}

// wants checks what Receive and Send return, as Lua would see it.
type wants struct {
	t *testing.T
}

func (w wants) received(data string) func(got, partial string, err error) {
	w.t.Helper()
	return func(got, partial string, err error) {
		w.t.Helper()
		if got != data || partial != "" || err != nil {
			w.t.Errorf("got %q, %q, %v, want %q", got, partial, err, data)
		}
	}
}

func (w wants) failed(text, partial string) func(got, partial string, err error) {
	w.t.Helper()
	return func(got, p string, err error) {
		w.t.Helper()
		if got != "" || p != partial || err == nil || err.Error() != text {
			w.t.Errorf("got %q, %q, %v, want %q, %q", got, p, err, text, partial)
		}
	}
}

func (w wants) sent(last int, text string) func(got int, err error) {
	w.t.Helper()
	return func(got int, err error) {
		w.t.Helper()
		if got != last || text == "" && err != nil || text != "" && (err == nil || err.Error() != text) {
			w.t.Errorf("sent up to %d, %v, want %d, %q", got, err, last, text)
		}
	}
}

// cases are the conformance cases of the LuaSocket layer.
var cases = []struct {
	name string
	run  func(t *testing.T, ctx context.Context)
}{
	{"C161 the names of the objects", func(t *testing.T, ctx context.Context) {
		m, err := NewTCP()
		if err != nil {
			t.Error(err)
			return
		}
		defer m.Close()
		if !strings.HasPrefix(m.String(), "tcp{master}: fd=") || m.Getfd() < 0 {
			t.Error(m)
		}
		if err := m.Bind("*", "0"); err != nil {
			t.Error(err)
		}
		if err := m.Listen(0); err != nil || !strings.HasPrefix(m.String(), "tcp{server}: fd=") {
			t.Error(m, err)
		}
		c, s := pair(t, ctx)
		if !strings.HasPrefix(c.String(), "tcp{client}: fd=") || !strings.HasPrefix(s.String(), "tcp{client}: fd=") {
			t.Error(c, s)
		}
	}},
	{"C162 the addresses of a fresh object", func(t *testing.T, _ context.Context) {
		m, err := NewTCP()
		if err != nil {
			t.Error(err)
			return
		}
		defer m.Close()
		if host, port, family, err := m.Getsockname(); host != "0.0.0.0" || port != "0" || family != "inet" || err != nil {
			t.Error(host, port, family, err)
		}
		if _, _, _, err := m.Getpeername(); !errors.Is(err, syscall.ENOTCONN) {
			t.Error(err)
		}
	}},
	{"C163 accept within a time", func(t *testing.T, ctx context.Context) {
		ln, err := Bind("127.0.0.1", "0", 5)
		if err != nil {
			t.Error(err)
			return
		}
		defer ln.Close()
		ln = ln.WithContext(ctx)
		for _, seconds := range []float64{0, 0.05} {
			ln.Settimeout(seconds)
			if _, err := ln.Accept(); err == nil || err.Error() != "timeout" || !errors.Is(err, sockets.ErrTimeout) {
				t.Error(err)
			}
		}
		ln.Tarantool(true)
		if _, err := ln.Accept(); err == nil || err.Error() != "Connection timed out" {
			t.Error(err)
		}
		_, port, _, _ := ln.Getsockname()
		if _, err := Bind("127.0.0.1", port, 0); err == nil || err.Error() != "address already in use" {
			t.Error(err)
		}
	}},
	{"C164 lines", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		wants{t}.sent(5, "")(c.Send("Ping\n"))
		wants{t}.received("Ping")(s.Receive("*l"))
		wants{t}.sent(10, "")(c.Send("HELO\nMAIL\n"))
		wants{t}.received("HELO")(s.Receive(""))
		wants{t}.received("MAIL")(s.Receive("*l"))
		wants{t}.sent(8, "")(c.Send("a\rb\r\nxyz"))
		wants{t}.received("ab")(s.Receive("*l"))
		wants{t}.received("PFx")(s.Receive("3", "PF"))
		wants{t}.received("")(s.ReceiveN(0))
		if _, _, err := s.Receive("*n"); !errors.Is(err, sockets.ErrInvalid) {
			t.Error(err)
		}
		if _, _, err := s.ReceiveN(-1); !errors.Is(err, sockets.ErrInvalid) {
			t.Error(err)
		}
	}},
	{"C165 a part is sent", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		wants{t}.sent(11, "")(c.Send("$$$250 OK\n$$$", 4, 11))
		wants{t}.received("250 OK\n$")(s.ReceiveN(8))
		wants{t}.sent(5, "")(c.Send("hello", -3))
		wants{t}.sent(4, "")(c.Send("hello", -3, -2))
		wants{t}.sent(5, "")(c.Send("hello", 0))
		wants{t}.sent(3, "")(c.Send("hello", 4, 2))
		wants{t}.received("llollhello")(s.ReceiveN(10))
		if received, sent, age := c.Getstats(); received != 0 || sent != 18 || age < 0 {
			t.Error(received, sent, age)
		}
	}},
	{"C166 the end cuts a line", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		wants{t}.sent(2, "")(c.Send("Fu"))
		c.Close()
		wants{t}.failed("closed", "Line: Fu")(s.Receive("*l", "Line: "))
		for _, pattern := range []string{"", "10", "*a"} {
			wants{t}.failed("closed", "")(s.Receive(pattern))
		}
	}},
	{"C167 the end cuts a count", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		wants{t}.sent(2, "")(c.Send("Po"))
		c.Close()
		_, partial, err := s.ReceiveN(100500, "Message:")
		if partial != "Message:Po" || !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "closed" {
			t.Errorf("%q, %v", partial, err)
		}
	}},
	{"C168 lines with a prefix", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		wants{t}.sent(7, "")(c.Send("Pong\nPo"))
		c.Close()
		wants{t}.received("Message:Pong")(s.Receive("*l", "Message:"))
		wants{t}.failed("closed", "Message: Po")(s.Receive("*l", "Message: "))
		wants{t}.failed("closed", "Message: ")(s.Receive("*l", "Message: "))
	}},
	{"C169 all there is", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		wants{t}.sent(5, "")(c.Send("Pong\n"))
		c.Close()
		wants{t}.received("Message: Pong\n")(s.Receive("*a", "Message: "))
		wants{t}.failed("closed", "Message: ")(s.Receive("*a", "Message: "))
	}},
	{"C170 a timeout in Receive", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		s.Settimeout(0.05)
		wants{t}.sent(3, "")(c.Send("abc"))
		wants{t}.failed("timeout", "abc")(s.Receive("*l"))
		wants{t}.failed("timeout", "")(s.Receive("*l"))
		s.Tarantool(true)
		wants{t}.sent(3, "")(c.Send("def"))
		wants{t}.failed("Connection timed out", "")(s.ReceiveN(4))
		if !s.Dirty() {
			t.Error("what came is gone")
		}
		wants{t}.sent(1, "")(c.Send("\n"))
		wants{t}.received("def\n")(s.ReceiveN(4))
	}},
	{"C171 a timeout in Send", func(t *testing.T, ctx context.Context) {
		c, _ := pair(t, ctx)
		c.Settimeout(0.1)
		last, err := c.Send(strings.Repeat("x", 64<<20))
		if last <= 0 || last >= 64<<20 || err == nil || err.Error() != "timeout" {
			t.Errorf("sent up to %d, %v", last, err)
		}
	}},
	{"C172 sending to who has closed", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		_ = s.Setoption("linger", true)
		s.Close()
		wants{t}.failed("closed", "")(c.Receive("*l"))
		var last int
		var err error
		for end := time.Now().Add(reactortest.Patience); err == nil && time.Now().Before(end); {
			last, err = c.Send("x")
		}
		wants{t}.sent(0, "closed")(last, err)
	}},
	{"C173 Shutdown and Close", func(t *testing.T, ctx context.Context) {
		c, s := pair(t, ctx)
		if err := c.Shutdown("send"); err != nil {
			t.Error(err)
		}
		wants{t}.failed("closed", "")(s.Receive("*l"))
		if err := c.Shutdown("recv"); !errors.Is(err, sockets.ErrInvalid) {
			t.Error(err)
		}
		c.Close()
		c.Close()
		wants{t}.failed("closed", "")(c.Receive("*l"))
		if _, err := c.Send("x"); err == nil || err.Error() != "closed" || !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}},
	{"C174 options", func(t *testing.T, ctx context.Context) {
		c, _ := pair(t, ctx)
		for name, value := range map[string]any{"keepalive": true, "reuseaddr": true, "tcp-nodelay": false,
			"linger": Linger{true, 3}} {
			if err := c.Setoption(name, value); err != nil {
				t.Error(name, err)
			}
			if got, err := c.Getoption(name); got != value || err != nil {
				t.Errorf("%s is %v, %v, want %v", name, got, err, value)
			}
		}
		for _, on := range []bool{true, false} {
			if err := c.Setoption("linger", on); err != nil {
				t.Error(err)
			}
		}
		for name, value := range map[string]any{"unknown": true, "keepalive": nil, "tcp-nodelay": "yes", "linger": 5} {
			if err := c.Setoption(name, value); !errors.Is(err, sockets.ErrInvalid) {
				t.Error(name, err)
			}
		}
		if text, err := c.Getoption("error"); text != "" || err != nil {
			t.Error(text, err)
		}
	}},
	{"a master connects", func(t *testing.T, ctx context.Context) {
		ln, err := Bind("localhost", "0", 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer ln.Close()
		_, port, _, _ := ln.Getsockname()
		m, err := NewTCP()
		if err != nil {
			t.Error(err)
			return
		}
		defer m.Close()
		h := m.WithContext(ctx)
		if err := h.Connect(ctx, "127.0.0.1", port); err != nil || !strings.HasPrefix(h.String(), "tcp{client}") {
			t.Error(h, err)
		}
		ln.Close()
		m6, err := NewTCP()
		if err != nil {
			t.Error(err)
			return
		}
		defer m6.Close()
		if err := m6.WithContext(ctx).Connect(ctx, "127.0.0.1", port); err == nil || err.Error() != "connection refused" {
			t.Error(err)
		}
		if _, err := ConnectContext(ctx, "no-such-host.invalid", port); err == nil {
			t.Error("a host that is not there")
		}
	}},
}

func TestConformance(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) { modes(t, tc.run) })
	}
}
