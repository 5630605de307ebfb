//go:build unix

package reactor_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// options are those of a connection that net's have, too.
type options interface {
	SetNoDelay(on bool) error
	SetLinger(sec int) error
	SetKeepAlive(on bool) error
	SetKeepAliveConfig(cfg net.KeepAliveConfig) error
	SetReadBuffer(bytes int) error
	SetWriteBuffer(bytes int) error
}

var (
	_ options        = (*reactor.Conn)(nil)
	_ options        = (*net.TCPConn)(nil)
	_ io.WriteCloser = (*reactor.Conn)(nil)
)

// option reads an option of the connection's socket.
func option(t *testing.T, c *reactor.Conn, level, name int) (value int) {
	t.Helper()
	err := c.Control(func(fd uintptr) {
		var err error
		if value, err = syscall.GetsockoptInt(int(fd), level, name); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	return value
}

func TestOptionsReachTheSocket(t *testing.T) {
	c, _ := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	for _, tt := range []struct {
		name          string
		set           func() error
		level, option int
		ok            func(v int) bool
	}{
		{"no delay is the default", func() error { return nil }, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, func(v int) bool { return v != 0 }},
		{"SetNoDelay", func() error { return c.SetNoDelay(false) }, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, func(v int) bool { return v == 0 }},
		{"SetKeepAlive", func() error { return c.SetKeepAlive(true) }, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, func(v int) bool { return v != 0 }},
		{"SetKeepAliveConfig", func() error { return c.SetKeepAliveConfig(net.KeepAliveConfig{}) }, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, func(v int) bool { return v == 0 }},
		{"SetReadBuffer", func() error { return c.SetReadBuffer(32 << 10) }, syscall.SOL_SOCKET, syscall.SO_RCVBUF, func(v int) bool { return v >= 32<<10 && v <= 64<<10 }},
		{"SetWriteBuffer", func() error { return c.SetWriteBuffer(32 << 10) }, syscall.SOL_SOCKET, syscall.SO_SNDBUF, func(v int) bool { return v >= 32<<10 && v <= 64<<10 }},
	} {
		if err := tt.set(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if v := option(t, c, tt.level, tt.option); !tt.ok(v) {
			t.Errorf("%s: the option is %d", tt.name, v)
		}
	}
}

func TestOptionsOfAnEndedConnectionAreRefused(t *testing.T) {
	c, _ := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	c.Abort(nil)
	for name, err := range map[string]error{
		"SetNoDelay": c.SetNoDelay(true), "SetLinger": c.SetLinger(0), "SetKeepAlive": c.SetKeepAlive(true),
		"SetKeepAliveConfig": c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true}),
		"SetReadBuffer":      c.SetReadBuffer(1), "SetWriteBuffer": c.SetWriteBuffer(1),
	} {
		var op *net.OpError
		if !errors.Is(err, net.ErrClosed) || !errors.As(err, &op) || op.Net != "tcp" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Control(func(uintptr) { t.Error("Control of a descriptor that is not ours") }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Control: %v", err)
	}
}

func TestLingerOfNothingResets(t *testing.T) {
	c, client := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	if err := c.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if _, err := io.ReadAll(client); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client got %v", err)
	}
}

func TestLingerDoesNotHoldUpTheLoop(t *testing.T) {
	ended := make(chan error, 1)
	c, client := serveOne(t, "tcp", func() reactor.Handler {
		return &handler{close: func(_ *reactor.Conn, err error) { ended <- err }}
	})
	if err := c.SetLinger(60); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write(make([]byte, 32<<20))
	reactortest.Eventually(t, func() bool { return c.Sent() > 0 }, "output to be in the kernel")
	c.Abort(errTest) // what the kernel has, the client does not take
	<-ended
	loop, began := c.Loop(), time.Now()
	for range 10 { // the descriptor is closed after two turns
		done := make(chan bool)
		_ = loop.Post(func() { close(done) })
		<-done
	}
	if d := time.Since(began); d > reactortest.Patience {
		t.Errorf("the loop was held up for %v", d)
	}
	_, _ = io.Copy(io.Discard, client) // ends the lingering
}
