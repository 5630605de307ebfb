//go:build unix

package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// This file is about output that does not arrive.

// halfCloser answers when the peer has finished sending.
type halfCloser struct {
	handler
	eof func(c *reactor.Conn, rest []byte)
}

func (h *halfCloser) OnEOF(c *reactor.Conn, rest []byte) { h.eof(c, rest) }

func trapHalfClose(t *testing.T) {
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		h := &halfCloser{}
		h.data = func(*reactor.Conn, []byte) int { return 1 } // leaves the rest
		h.eof = func(c *reactor.Conn, rest []byte) {
			text := "got " + string(rest)
			go func() { // later, and from elsewhere
				_, _ = c.Write([]byte(text))
				_ = c.Close()
			}()
		}
		return h
	})
	c := dial(t, ln).(*net.TCPConn)
	_, _ = c.Write([]byte("xhello"))
	_ = c.CloseWrite()
	if got, err := io.ReadAll(c); err != nil || string(got) != "got hello" {
		t.Errorf("got %q, %v", got, err)
	}
}

func trapWriteClose(t *testing.T) {
	t.Run("32 MiB", func(t *testing.T) { closeDelivers(t, 32<<20) })
	t.Run("more buffers than one writev takes", func(t *testing.T) { closeDelivers(t, 80<<20) })
}

func closeDelivers(t *testing.T, size int) {
	want := random(size)
	closed := make(chan error, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &handler{
			open: func(c *reactor.Conn) {
				_, _ = c.Write(want)
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if _, err := c.Write([]byte("late")); err == nil {
					t.Error("a write after Close was taken")
				}
			},
			close: func(_ *reactor.Conn, err error) { closed <- err },
		}
	})
	got, err := io.ReadAll(dial(t, ln))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %d of %d bytes, err %v", len(got), size, err)
	}
	if err := <-closed; err != nil {
		t.Errorf("OnClose got %v, want nil", err)
	}
}

func trapManySlices(t *testing.T) { writevArrives(t, 2000, 64) }

func trapLargeSlices(t *testing.T) { writevArrives(t, 16, 1<<20) }

func writevArrives(t *testing.T, slices, each int) {
	want := random(slices * each)
	conn, client := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	var bufs [][]byte
	for p := bytes.Clone(want); len(p) > 0; p = p[each:] {
		bufs = append(bufs, p[:each])
	}
	if n, err := conn.Writev(bufs...); n != len(want) || err != nil {
		t.Errorf("Writev returned %d, %v", n, err)
	}
	for i, p := range bufs {
		if !bytes.Equal(p, want[i*each:(i+1)*each]) {
			t.Fatalf("slice %d of the caller's was changed", i)
		}
	}
	_ = conn.Close()
	if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d of %d bytes, err %v", len(got), len(want), err)
	}
}

func trapStream(t *testing.T) {
	want := random(32 << 20)
	_, client := serveOne(t, "tcp", func() reactor.Handler {
		return &handler{open: func(c *reactor.Conn) {
			if n, err := io.Copy(c, bytes.NewReader(want)); n != int64(len(want)) || err != nil {
				t.Errorf("Copy returned %d, %v", n, err)
			}
			c.Flush() // and nobody flushes again
			_ = c.WriteNow([]byte("after it"))
		}}
	})
	got := make([]byte, len(want)+len("after it"))
	if n, err := io.ReadFull(client, got); err != nil || !bytes.Equal(got, append(want, "after it"...)) {
		t.Errorf("got %d of %d bytes, err %v", n, len(got), err)
	}
}

func trapUnixWrite(t *testing.T) {
	want := random(16 << 20)
	for name, write := range map[string]func(c *reactor.Conn){
		"Write":    func(c *reactor.Conn) { _, _ = c.Write(want) },
		"WriteNow": func(c *reactor.Conn) { _ = c.WriteNow(want) },
		"Writev":   func(c *reactor.Conn) { _, _ = c.Writev(want[:5], want[5:]) },
	} {
		t.Run(name, func(t *testing.T) {
			conn, client := serveOne(t, "unix", func() reactor.Handler { return &handler{} })
			write(conn)
			got := make([]byte, len(want))
			if n, err := io.ReadFull(client, got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %d of %d bytes, err %v", n, len(got), err)
			}
		})
	}
}

func trapShutdown(t *testing.T) {
	const size = 8 << 20
	r := start(t, reactor.Config{Loops: 2})
	opened, closed := make(chan bool, 3), make(chan error, 3)
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{
			open: func(c *reactor.Conn) {
				_, _ = c.Write(make([]byte, size))
				opened <- true
			},
			close: func(_ *reactor.Conn, err error) { closed <- err },
		}
	})
	got := make(chan int64, 3)
	for range 3 {
		c := dial(t, ln)
		<-opened
		go func() {
			n, _ := io.Copy(io.Discard, c)
			got <- n
		}()
	}
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	for range 3 {
		if n := <-got; n != size {
			t.Errorf("a client got %d of %d bytes", n, size)
		}
		if err := <-closed; !errors.Is(err, reactor.ErrStopped) {
			t.Errorf("OnClose got %v", err)
		}
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("the listener still accepts")
	}
}

// trapCloseWhileSending: a close with input unread would reset the connection,
// and take from the peer what it has not got yet.
func trapCloseWhileSending(t *testing.T) {
	for _, pause := range []bool{false, true} {
		want := random(8 << 20)
		closed := make(chan error, 1)
		_, client := serveOne(t, "tcp", func() reactor.Handler {
			return &handler{
				data: func(c *reactor.Conn, p []byte) int {
					if pause {
						c.PauseRead()
					}
					_, _ = c.Write(want)
					_ = c.Close()
					return len(p)
				},
				close: func(_ *reactor.Conn, err error) { closed <- err },
			}
		})
		if n, err := client.Write(random(16 << 20)); err != nil { // and reads nothing before
			t.Errorf("the client could send %d bytes: %v", n, err)
		}
		if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %d of %d bytes, err %v", len(got), len(want), err)
		}
		_ = client.Close()
		if err := <-closed; err != nil {
			t.Errorf("OnClose got %v", err)
		}
	}
}

func TestPeerThatNeverStopsSendingGetsEverything(t *testing.T) {
	want := random(8 << 20)
	closed := make(chan error, 1)
	conn, client := serveOne(t, "tcp", func() reactor.Handler {
		return &handler{close: func(_ *reactor.Conn, err error) { closed <- err }}
	})
	stopped := make(chan bool)
	go func() {
		defer close(stopped)
		for p := make([]byte, 64<<10); ; {
			if _, err := client.Write(p); err != nil {
				return
			}
		}
	}()
	_, _ = conn.Write(want)
	_ = conn.Close()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(client, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d of %d bytes, err %v", n, len(got), err)
	}
	if err := <-closed; err != nil {
		t.Errorf("OnClose got %v", err)
	}
	<-stopped // by the reset
}
