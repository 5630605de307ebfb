//go:build unix

package reactor_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// This file is about input that nobody wants yet.

func trapStopReading(t *testing.T) {
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &handler{data: func(c *reactor.Conn, p []byte) int {
			c.PauseRead()
			return 0
		}}
	})
	client := dial(t, ln)
	_ = client.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	n, err := client.Write(make([]byte, 256<<20))
	if err == nil || n > 64<<20 {
		t.Errorf("a peer that is not read wrote %d bytes, err %v", n, err)
	}
}

func trapTakeNothing(t *testing.T) {
	const high = 1 << 20
	full := make(chan bool, 100)
	h := &slowReader{levels: full, rest: make(chan []byte, 1)}
	h.open = func(c *reactor.Conn) { c.SetReadWatermarks(0, high) }
	h.data = func(*reactor.Conn, []byte) int { return 0 }
	conn, client := serveOne(t, "tcp", func() reactor.Handler { return h })
	if err := client.(*net.TCPConn).SetWriteBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	poured := make(chan int)
	go func() {
		n, _ := client.Write(make([]byte, 256<<20)) // until the deadline
		poured <- n
	}()
	<-full
	unread := conn.Unread()
	_ = client.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)) // in which more could come
	if n := <-poured; n > 64<<20 {
		t.Errorf("%d bytes were taken from the client", n)
	}
	if n := conn.Unread(); n != unread || n > high+256<<10 {
		t.Errorf("%d bytes are held, %d at first, with a watermark of %d", n, unread, high)
	}
}

func trapDiscardNothing(t *testing.T) {
	got := make(chan string, 1)
	conn, client := serveOne(t, "tcp", func() reactor.Handler {
		return &handler{data: func(_ *reactor.Conn, p []byte) int {
			if len(p) < len("hello again") {
				return 0
			}
			got <- string(p)
			return len(p)
		}}
	})
	_, _ = io.WriteString(client, "hello")
	reactortest.Eventually(t, func() bool { return conn.Unread() == 5 }, "the first bytes to be left")
	<-onLoop(conn, func() { conn.Discard(0) })
	_, _ = io.WriteString(client, " again")
	if s := <-got; s != "hello again" {
		t.Errorf("got %q", s)
	}
}
