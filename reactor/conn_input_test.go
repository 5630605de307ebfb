package reactor_test

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// slowReader is a handler that leaves what comes, and takes it at its own pace.
type slowReader struct {
	handler
	levels chan bool   // the loop sends what OnReadPressure is called with
	rest   chan []byte // the loop sends what is left at the end
}

func (s *slowReader) OnReadPressure(_ *reactor.Conn, high bool) { s.levels <- high }

func (s *slowReader) OnEOF(_ *reactor.Conn, rest []byte) { s.rest <- bytes.Clone(rest) }

func TestReadWatermarksStopThePeerAndLetItGoOn(t *testing.T) {
	const low, high = 64 << 10, 1 << 20
	h := &slowReader{levels: make(chan bool, 100), rest: make(chan []byte, 1)}
	h.open = func(c *reactor.Conn) { c.SetReadWatermarks(low, high) }
	h.data = func(*reactor.Conn, []byte) int { return 0 }
	conn, peer := serveOne(t, "tcp", func() reactor.Handler { return h })
	client, sent := peer.(*net.TCPConn), random(32<<20)
	go func() {
		_, _ = client.Write(sent)
		_ = client.CloseWrite()
	}()
	var got []byte
	rounds := uint64(0)
	for ended := false; !ended; {
		select {
		case rest := <-h.rest:
			got, ended = append(got, rest...), true
		case <-h.levels:
			rounds++
			if n := conn.Unread(); n <= high || n > high+256<<10 {
				t.Fatalf("%d bytes are unread at a high watermark of %d", n, high)
			}
			<-onLoop(conn, func() {
				got = append(got, take(conn, 1000)...) // not enough
				if len(h.levels) > 0 {
					t.Error("reading goes on above the low watermark")
				}
				got = append(got, take(conn, conn.Unread()-low)...)
			})
			if <-h.levels {
				t.Fatal("high was told twice")
			}
		}
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came of %d, or others", len(got), len(sent))
	}
	if n := conn.Loop().Stats().ReadPressures; n != rounds || n == 0 {
		t.Errorf("%d times above the mark were counted, want %d", n, rounds)
	}
}

// onLoop runs f on the connection's loop and closes what it returns.
func onLoop(c *reactor.Conn, f func()) <-chan bool {
	done := make(chan bool)
	_ = c.Loop().Post(func() { f(); close(done) })
	return done
}

// take consumes n bytes.
func take(c *reactor.Conn, n int) []byte {
	p := bytes.Clone(c.Peek()[:n])
	c.Discard(n)
	return p
}

func TestPeekAndDiscardBesideOnData(t *testing.T) {
	var calls atomic.Int64
	conn, client := serveOne(t, "tcp", func() reactor.Handler {
		return &handler{data: func(c *reactor.Conn, p []byte) int {
			calls.Add(1)
			if c.Peek() != nil {
				t.Error("OnData and Peek both have the input")
			}
			return min(len(p), 1)
		}}
	})
	_, _ = io.WriteString(client, "xhello")
	reactortest.Eventually(t, func() bool { return conn.Unread() == 5 }, "5 bytes to be left")
	<-onLoop(conn, func() {
		conn.Discard(0)
		if p := conn.Peek(); string(p) != "hello" || cap(p) != 5 {
			t.Errorf("Peek is %q of capacity %d", p, cap(p))
		}
		conn.Discard(2)
		if p := conn.Peek(); string(p) != "llo" || conn.Unread() != 3 {
			t.Errorf("after Discard(2) %q is left, unread %d", p, conn.Unread())
		}
		for _, n := range []int{-1, 4} {
			if !panics(func() { conn.Discard(n) }) {
				t.Errorf("Discard(%d) of 3 bytes", n)
			}
		}
		conn.Discard(3)
		if p := conn.Peek(); p != nil || conn.Unread() != 0 {
			t.Errorf("after the last Discard %q is left", p)
		}
	})
	if calls.Load() != 1 {
		t.Errorf("OnData was called %d times", calls.Load())
	}
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}
