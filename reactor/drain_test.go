package reactor_test

import (
	"errors"
	"io"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// drainer is a handler that wants to know when its output has left.
type drainer struct {
	handler
	drain func(c *reactor.Conn)
}

func (d *drainer) OnDrain(c *reactor.Conn) { d.drain(c) }

func TestOnDrainFollows(t *testing.T) {
	for _, tt := range []struct {
		name  string
		size  int // of what is written
		write func(c *reactor.Conn, p []byte)
	}{
		{"output that has to wait", 32 << 20, func(c *reactor.Conn, p []byte) { _, _ = c.Write(p) }},
		{"a large direct write", 32 << 20, func(c *reactor.Conn, p []byte) { _ = c.WriteNow(p) }},
		{"WantDrain behind output that never waits", 10, func(c *reactor.Conn, p []byte) { _, _ = c.Write(p); c.WantDrain() }},
		{"WantDrain without output", 0, func(c *reactor.Conn, _ []byte) { c.WantDrain() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			drained := make(chan int, 10) // the loop sends what was queued at each OnDrain
			ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
				d := &drainer{drain: func(c *reactor.Conn) { drained <- c.Queued() }}
				d.data = func(c *reactor.Conn, p []byte) int {
					tt.write(c, make([]byte, tt.size))
					return len(p)
				}
				return d
			})
			c := dial(t, ln)
			_, _ = c.Write([]byte("x"))
			if _, err := io.CopyN(io.Discard, c, int64(tt.size)); err != nil {
				t.Fatal(err)
			}
			if q := <-drained; q != 0 {
				t.Errorf("OnDrain with %d bytes queued", q)
			}
		})
	}
}

func TestOnDrainFollowsWhoeverWroteLast(t *testing.T) {
	drained := make(chan struct{}, 1000) // the loop sends at each OnDrain
	conns := make(chan *reactor.Conn, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(c *reactor.Conn) reactor.Handler {
		conns <- c
		return &drainer{drain: func(*reactor.Conn) { drained <- struct{}{} }}
	})
	peer := dial(t, ln)
	c := <-conns
	for range 50 {
		size := int64(0)
		for c.Queued() == 0 {
			_ = c.WriteNow(make([]byte, 100<<10))
			size += 100 << 10
		}
		read := make(chan error, 1)
		go func() {
			_, err := io.CopyN(io.Discard, peer, size+20_000)
			read <- err
		}()
		for range 20 { // while the loop sees the edges
			_ = c.WriteNow(make([]byte, 1000))
		}
		<-drained
		if err := <-read; err != nil {
			t.Fatal(err)
		}
		for len(drained) > 0 {
			<-drained
		}
	}
}

// deserted is a handler that pauses and is told when the peer leaves.
type deserted struct {
	handler
	left chan error // the loop sends nil at OnHangup, and what OnClose got
}

func (d *deserted) OnHangup(c *reactor.Conn) {
	d.left <- nil
	c.ResumeRead()
}

func TestOnHangupTellsAHandlerThatHasPaused(t *testing.T) {
	for _, when := range []string{"within OnData", "after OnData"} {
		t.Run(when, func(t *testing.T) {
			d := &deserted{left: make(chan error, 10)}
			once := false
			d.data = func(c *reactor.Conn, p []byte) int {
				if once {
					return len(p)
				}
				once = true
				if when == "within OnData" {
					c.PauseRead()
				} else {
					_ = c.Loop().Post(c.PauseRead)
				}
				return 0
			}
			d.close = func(_ *reactor.Conn, err error) { d.left <- err }
			ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler { return d })
			c := dial(t, ln)
			_, _ = c.Write([]byte("x"))
			_ = c.Close()
			err := <-d.left
			if when == "within OnData" && err != nil {
				t.Errorf("OnClose came before OnHangup: %v", err)
			}
			if err == nil {
				err = <-d.left
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("OnClose got %v", err)
			}
		})
	}
}
