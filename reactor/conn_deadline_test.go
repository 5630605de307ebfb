package reactor_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

const soon = 50 * time.Millisecond

func TestDeadlinesEndTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		open func(c *reactor.Conn)
		want error
	}{
		"idle": {func(c *reactor.Conn) { c.SetIdleTimeout(soon) }, reactor.ErrIdleTimeout},
		"idle, with output that is not taken": {func(c *reactor.Conn) {
			c.SetIdleTimeout(soon)
			_, _ = c.Write(make([]byte, 32<<20))
		}, reactor.ErrIdleTimeout},
		"read":              {func(c *reactor.Conn) { c.SetReadDeadline(time.Now().Add(soon)) }, reactor.ErrReadTimeout},
		"read, in the past": {func(c *reactor.Conn) { c.SetReadDeadline(time.Now().Add(-time.Hour)) }, reactor.ErrReadTimeout},
		"read, before idle": {func(c *reactor.Conn) { c.SetIdleTimeout(time.Hour); c.SetDeadline(time.Now().Add(soon)) }, reactor.ErrReadTimeout},
		"read, moved forward": {func(c *reactor.Conn) {
			c.SetReadDeadline(time.Now().Add(time.Hour))
			c.SetReadDeadline(time.Now().Add(soon))
		}, reactor.ErrReadTimeout},
		"read, after a pause": {func(c *reactor.Conn) {
			c.PauseRead()
			c.SetReadDeadline(time.Now().Add(soon))
			c.Loop().AfterFunc(2*soon, c.ResumeRead)
		}, reactor.ErrReadTimeout},
		"write": {func(c *reactor.Conn) {
			c.SetWriteDeadline(time.Now().Add(soon))
			_, _ = c.Write(make([]byte, 32<<20))
		}, reactor.ErrWriteTimeout},
		"write, of what comes later": {func(c *reactor.Conn) {
			c.SetWriteDeadline(time.Now().Add(soon))
			c.Loop().AfterFunc(2*soon, func() { _, _ = c.Write(make([]byte, 32<<20)) })
		}, reactor.ErrWriteTimeout},
		"write, of what a goroutine sends later": {func(c *reactor.Conn) {
			c.SetWriteDeadline(time.Now().Add(soon))
			c.Loop().AfterFunc(2*soon, func() { go func() { _ = c.WriteNow(make([]byte, 32<<20)) }() })
		}, reactor.ErrWriteTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 1)
			r := start(t, reactor.Config{Loops: 1})
			ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
				return &handler{open: c.open, close: func(_ *reactor.Conn, err error) { ended <- err }}
			})
			dial(t, ln) // and neither sends nor reads
			err := <-ended
			var timeout net.Error
			if !errors.Is(err, c.want) || !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("OnClose got %v, want %v", err, c.want)
			}
			if n := r.Stats().Timeouts; n != 1 {
				t.Errorf("%d timeouts were counted", n)
			}
		})
	}
}

func TestDeadlinesThatAreMovedOrHaveNothingToDoDoNothing(t *testing.T) {
	for name, open := range map[string]func(c *reactor.Conn){
		"idle, turned off": func(c *reactor.Conn) { c.SetIdleTimeout(soon); c.SetIdleTimeout(0) },
		"read, turned off": func(c *reactor.Conn) { c.SetReadDeadline(time.Now()); c.SetReadDeadline(time.Time{}) },
		"read, moved": func(c *reactor.Conn) {
			c.SetReadDeadline(time.Now().Add(soon))
			c.SetReadDeadline(time.Now().Add(time.Hour))
		},
		"read, paused":            func(c *reactor.Conn) { c.SetReadDeadline(time.Now().Add(soon)); c.PauseRead() },
		"write, with nothing":     func(c *reactor.Conn) { c.SetWriteDeadline(time.Now().Add(soon)) },
		"write, with what leaves": func(c *reactor.Conn) { c.SetWriteDeadline(time.Now().Add(-soon)); _, _ = c.Write([]byte("x")) },
	} {
		t.Run(name, func(t *testing.T) {
			opened, ended := make(chan *reactor.Conn, 1), make(chan error, 1)
			ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
				return &handler{
					open:  func(c *reactor.Conn) { open(c); opened <- c },
					close: func(_ *reactor.Conn, err error) { ended <- err },
				}
			})
			dial(t, ln)
			conn, later := <-opened, make(chan bool)
			_ = conn.Loop().Post(func() { conn.Loop().AfterFunc(2*soon, func() { close(later) }) })
			<-later // timers fire in order: what was due has been
			select {
			case err := <-ended:
				t.Errorf("OnClose got %v", err)
			default:
			}
		})
	}
}

func TestIdleTimeoutTouchesNoTimerWhenBytesCome(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{
			open: func(c *reactor.Conn) { c.SetIdleTimeout(time.Hour) },
			data: func(c *reactor.Conn, p []byte) int {
				_ = c.WriteNow(p)
				return len(p)
			},
		}
	})
	client := dial(t, ln)
	for range 1000 {
		roundTrip(t, client, "hello")
	}
	if n := r.Stats().Timers; n != 0 {
		t.Errorf("%d timers fired in 1000 exchanges", n)
	}
}
