package reactor_test

import (
	"io"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// gauge is a handler that tells how its output piles up.
type gauge struct {
	handler
	levels chan bool
}

func (g *gauge) OnPressure(_ *reactor.Conn, high bool) { g.levels <- high }

func TestPressureIsToldOnceEachWay(t *testing.T) {
	const size = 64 << 20
	for name, write := range map[string]func(c *reactor.Conn, p []byte){
		"Write":    func(c *reactor.Conn, p []byte) { _, _ = c.Write(p) },
		"WriteNow": func(c *reactor.Conn, p []byte) { _ = c.WriteNow(p) },
		"Append":   func(c *reactor.Conn, p []byte) { _ = c.Append(func(b []byte) []byte { return append(b, p...) }) },
	} {
		t.Run(name, func(t *testing.T) {
			levels, opened := make(chan bool, 100), make(chan *reactor.Conn, 1)
			r := start(t, reactor.Config{Loops: 1})
			ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
				return &gauge{handler{open: func(c *reactor.Conn) { opened <- c }}, levels}
			})
			client := dial(t, ln)
			conn := <-opened
			conn.SetWatermarks(1<<20, 16<<20)
			for range 2 {
				for range 64 { // the peer does not read: most of it stays
					write(conn, make([]byte, size/64))
				}
				if !<-levels {
					t.Fatal("low was told before high")
				}
				if _, err := io.CopyN(io.Discard, client, size); err != nil {
					t.Fatal(err)
				}
				if <-levels {
					t.Fatal("high was told twice")
				}
			}
			if n := r.Stats().Pressures; n != 2 || len(levels) != 0 {
				t.Errorf("%d times above the mark, %d more calls", n, len(levels))
			}
		})
	}
}

func TestWatermarksSetLateAndTurnedOff(t *testing.T) {
	levels, opened := make(chan bool, 100), make(chan *reactor.Conn, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &gauge{handler{open: func(c *reactor.Conn) { opened <- c }}, levels}
	})
	dial(t, ln)
	conn := <-opened
	_, _ = conn.Write(make([]byte, 32<<20))
	conn.SetWatermarks(0, 1<<20)
	if !<-levels {
		t.Error("what was queued before is not above the mark")
	}
	conn.SetWatermarks(0, 0)
	if <-levels {
		t.Error("above a mark that is off")
	}
}
