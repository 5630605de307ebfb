//go:build unix

package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// This file is about calls at the wrong time or place.

func trapRestart(t *testing.T) {
	closing := func(*reactor.Conn) reactor.Handler {
		return &handler{open: func(c *reactor.Conn) { _ = c.Close() }}
	}
	r := start(t, reactor.Config{Loops: 1})
	ln := listen(t, r, closing)
	if p, err := io.ReadAll(dial(t, ln)); len(p) > 0 || err != nil { // the server's end closes first and stays in TIME_WAIT
		t.Fatalf("got %q, %v", p, err)
	}
	_ = r.Close()
	again, err := start(t, reactor.Config{Loops: 1}).Listen("tcp", ln.Addr().String(), reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, dial(t, again), "served again")
}

func trapUnixInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := start(t, reactor.Config{Loops: 1}).Listen("unix", path, reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	_, err = start(t, reactor.Config{Loops: 1}).Listen("unix", path, reactor.ListenConfig{}, echo)
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the second listener: %v", err)
	}
	roundTrip(t, dial(t, ln), "the first one's")
}

func trapDialInHandler(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	ln := listen(t, r, echo)
	done := make(chan error, 2)
	_ = r.Loop(0).Post(func() {
		_, err := r.Dial(context.Background(), "tcp", ln.Addr().String(), &handler{})
		done <- err
		done <- r.Shutdown(context.Background())
	})
	for range 2 {
		if err := <-done; !errors.Is(err, reactor.ErrOnLoop) {
			t.Errorf("got %v, want ErrOnLoop", err)
		}
	}
}

func trapCallsAfterStop(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	ln := listen(t, r, echo)
	addr := ln.Addr().String()
	if err := r.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := r.Loop(0).Post(func() { t.Error("ran") }); !errors.Is(err, reactor.ErrStopped) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Post returned %v", err)
	}
	if _, err := r.Listen("tcp", "127.0.0.1:0", reactor.ListenConfig{}, echo); !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("Listen returned %v", err)
	}
	if _, err := r.Dial(context.Background(), "tcp", addr, &handler{}); err == nil {
		t.Error("Dial succeeded")
	}
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing the listener returned %v", err)
	}
	if err := r.Shutdown(context.Background()); err != nil {
		t.Errorf("a second Shutdown returned %v", err)
	}
}

// writes are the ways to write, and calls around them.
var writes = map[string]func(c *reactor.Conn) error{
	"Write":       func(c *reactor.Conn) error { _, err := c.Write([]byte("astray")); return err },
	"a large one": func(c *reactor.Conn) error { _, err := c.Write(make([]byte, 1<<20)); return err },
	"Writev":      func(c *reactor.Conn) error { _, err := c.Writev([]byte("as"), []byte("tray")); return err },
	"WriteNow":    func(c *reactor.Conn) error { return c.WriteNow([]byte("astray")) },
	"Append":      func(c *reactor.Conn) error { return c.Append(func(p []byte) []byte { return append(p, "astray"...) }) },
	"CloseWrite":  func(c *reactor.Conn) error { return c.CloseWrite() },
	"SetNoDelay":  func(c *reactor.Conn) error { return c.SetNoDelay(true) },
	"Close":       func(c *reactor.Conn) error { c.Flush(); return c.Close() },
}

// refusesWrites checks that none of the ways goes after the end.
func refusesWrites(t *testing.T, c *reactor.Conn) {
	t.Helper()
	for name, write := range writes {
		if err := write(c); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v, want net.ErrClosed", name, err)
		}
	}
	if err := c.WriteFile(fileOf(t, []byte("astray")), 0, -1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("WriteFile: %v, want net.ErrClosed", err)
	}
}

func trapWriteAfterStop(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	opened := make(chan *reactor.Conn, 1)
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{open: func(c *reactor.Conn) { opened <- c }}
	})
	dial(t, ln)
	c := <-opened
	_ = r.Close()
	refusesWrites(t, c)
}

func trapDescriptorReuse(t *testing.T) {
	conn, _ := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	number := -1
	_ = conn.Control(func(fd uintptr) { number = int(fd) })
	<-onLoop(conn, func() {
		conn.Abort(nil)
		refusesWrites(t, conn) // in the same callback
	})
	var ends [2]int
	reactortest.Eventually(t, func() bool { // the lowest free numbers are given out
		var err error
		if ends, err = syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0); err != nil {
			t.Fatal(err)
		}
		a, b := ends[0], ends[1]
		t.Cleanup(func() { _ = syscall.Close(a); _ = syscall.Close(b) })
		return ends[0] == number || ends[1] == number
	}, "number %d to be used again", number)
	refusesWrites(t, conn)
	for _, fd := range ends {
		if err := syscall.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
		if n, err := syscall.Read(fd, make([]byte, 100)); err != syscall.EAGAIN {
			t.Errorf("descriptor %d, not ours, got %d bytes, %v", fd, n, err)
		}
	}
}

func trapPanic(t *testing.T) {
	var log lockedBuffer
	r := start(t, reactor.Config{Loops: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	closed := make(chan error, 1)
	for name, h := range map[string]*handler{
		"OnOpen":          {open: func(*reactor.Conn) { panic("boom") }},
		"OnData":          {data: func(*reactor.Conn, []byte) int { panic(io.ErrNoProgress) }},
		"more than given": {data: func(_ *reactor.Conn, p []byte) int { return len(p) + 1 }},
	} {
		h.close = func(_ *reactor.Conn, err error) { closed <- err }
		ln := listen(t, r, func(*reactor.Conn) reactor.Handler { return h })
		c := dial(t, ln)
		_, _ = c.Write([]byte("x"))
		var p *reactor.PanicError
		if err := <-closed; !errors.As(err, &p) || len(p.Stack) == 0 {
			t.Errorf("%s: OnClose got %v", name, err)
		} else if name == "OnData" && !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("%s: %v does not wrap the error", name, err)
		}
	}
	_ = r.Loop(0).Post(func() { panic("in a task") })
	roundTrip(t, dial(t, listen(t, r, echo)), "the loop lives")
	if !bytes.Contains(log.Bytes(), []byte("in a task")) {
		t.Errorf("the log does not tell of the task: %s", log.Bytes())
	}
}

func trapTick(t *testing.T) {
	const exchanges = 1000
	ticks, got, inside := 0, 0, false // of the loop: the race detector watches them
	r := start(t, reactor.Config{Loops: 1})
	alone := func(f func()) {
		if inside {
			t.Error("a timer and a handler run at once")
		}
		inside = true
		f()
		inside = false
	}
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{data: func(c *reactor.Conn, p []byte) int {
			alone(func() { got += len(p) })
			_, _ = c.Write(p)
			return len(p)
		}}
	})
	ready := make(chan bool)
	_ = r.Loop(0).Post(func() {
		var timer *reactor.Timer
		timer = r.Loop(0).AfterFunc(0, func() {
			alone(func() { ticks++ })
			timer.Reset(20 * time.Microsecond)
		})
		close(ready)
	})
	<-ready
	client := dial(t, ln)
	for range exchanges {
		roundTrip(t, client, "x")
	}
	done := make(chan bool)
	_ = r.Loop(0).Post(func() {
		if got != exchanges || ticks == 0 {
			t.Errorf("%d bytes, %d ticks", got, ticks)
		}
		close(done)
	})
	<-done
}

func trapDatagramLater(t *testing.T) {
	senders := make(chan reactor.Datagram, 1)
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{datagram: func(_ *reactor.UDP, d reactor.Datagram) {
		d.Data = bytes.Clone(d.Data)
		senders <- d
	}})
	client := dialUDP(t, u.LocalAddr())
	for range 100 {
		if _, err := client.Write([]byte("question")); err != nil {
			t.Fatal(err)
		}
		d := <-senders // the handler returns
		if err := u.Send(append(d.Data, " and answer"...), d.From); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 100)
		if n, err := client.Read(p); err != nil || string(p[:n]) != "question and answer" {
			t.Fatalf("got %q, %v", p[:n], err)
		}
	}
}
