//go:build unix

package reactor

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// lines is a log that counts its lines.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, string(p))
	return len(p), nil
}

func (l *lines) with(s string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.text {
		if strings.Contains(line, s) {
			n++
		}
	}
	return n
}

// TestListenerSurvivesErrorsOfAccept lets accept(2) fail in the ways that can
// not be had from the kernel at will, several times before each connection.
func TestListenerSurvivesErrorsOfAccept(t *testing.T) {
	for _, tt := range []struct {
		err    syscall.Errno
		logged bool
	}{
		{syscall.EMFILE, true},
		{syscall.ENFILE, true},
		{syscall.ENOMEM, true},
		{syscall.ENOBUFS, true},
		{syscall.EPERM, true}, // a firewall
		{syscall.ECONNABORTED, false},
		{syscall.EPROTO, false},
		{syscall.EINTR, false},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			var log lines
			r, err := New(Config{Loops: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			ln, err := r.Listen("tcp", "127.0.0.1:0", ListenConfig{}, func(*Conn) Handler { return mirror{} })
			if err != nil {
				t.Fatal(err)
			}
			const failures = 6 // 315 ms of backing off
			failed := make(chan struct{})
			_ = r.Loop(0).Post(func() { ln.ports[0].take = failing(tt.err, failures); close(failed) })
			<-failed
			began := time.Now()
			reflectOnce(t, ln)
			most := 0
			if tt.logged {
				most = 1 + int(time.Since(began)/time.Second)
			}
			if n := log.with("accept failed"); n > most || tt.logged && n == 0 {
				t.Errorf("%d lines were logged, want %d at most", n, most)
			}
			if n := r.Stats().AcceptErrors; n != failures {
				t.Errorf("%d errors were counted, want %d", n, failures)
			}
			reflectOnce(t, ln)
		})
	}
}

func TestBrokenListeningSocketIsGivenUp(t *testing.T) {
	var log lines
	r, err := New(Config{Loops: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := r.Listen("tcp", "127.0.0.1:0", ListenConfig{}, func(*Conn) Handler { return mirror{} })
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Loop(0).Post(func() { ln.ports[0].take = failing(syscall.EBADF, 1<<30) })
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		_, _ = c.Read(make([]byte, 1)) // it ends when the listening socket is closed
		_ = c.Close()
	}
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if n := log.with("broken"); n != 1 {
		t.Errorf("%d lines were logged, want 1", n)
	}
}

// failing is accept(2) that fails n times first.
func failing(err error, n int) func(fd int) (int, net.Addr, error) {
	return func(fd int) (int, net.Addr, error) {
		if n > 0 {
			n--
			return -1, nil, err
		}
		return sysAccept(fd)
	}
}

// mirror sends back what comes.
type mirror struct{}

func (mirror) OnData(c *Conn, p []byte) int { _, _ = c.Write(p); return len(p) }
func (mirror) OnClose(*Conn, error)         {}

func reflectOnce(t *testing.T, ln *Listener) {
	t.Helper()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Write([]byte("x"))
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}
