//go:build unix

package reactor_test

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestConnectionsAreSpreadOverTheLoops(t *testing.T) {
	for name, cfg := range map[string]reactor.ListenConfig{"one acceptor": {}, "SO_REUSEPORT": {ReusePort: true}} {
		t.Run(name, func(t *testing.T) {
			var perLoop [4]atomic.Int64
			r := start(t, reactor.Config{Loops: 4})
			ln, err := r.Listen("tcp", "127.0.0.1:0", cfg, func(c *reactor.Conn) reactor.Handler {
				perLoop[c.Loop().ID()].Add(1)
				return echo(c)
			})
			if err != nil {
				t.Fatal(err)
			}
			for range 64 {
				roundTrip(t, dial(t, ln), "hello")
			}
			for i := range perLoop {
				if perLoop[i].Load() == 0 {
					t.Errorf("loop %d got no connection", i)
				}
			}
		})
	}
}

func TestClosedListenerFreesItsAddress(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	ln := listen(t, r, echo)
	addr := ln.Addr().String()
	c := dial(t, ln)
	roundTrip(t, c, "before")
	for range 20 {
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		var err error
		if ln, err = r.Listen("tcp", addr, reactor.ListenConfig{}, echo); err != nil {
			t.Fatal(err)
		}
	}
	roundTrip(t, c, "the old connection lives")
}

func TestListenErrors(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	ln := listen(t, r, echo)
	if _, err := r.Listen("tcp", ln.Addr().String(), reactor.ListenConfig{}, echo); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
	if _, err := r.Listen("tcp", "8.8.8.8:0", reactor.ListenConfig{}, echo); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("a foreign address: %v", err)
	}
	if _, err := r.Listen("tcp", "127.0.0.1:70000", reactor.ListenConfig{}, echo); err == nil {
		t.Error("port 70000 was taken")
	}
	no := errors.New("no")
	refuse := reactor.ListenConfig{Prepare: func(int) (int, error) { return 0, no }}
	if _, err := r.Listen("tcp", "127.0.0.1:0", refuse, echo); !errors.Is(err, no) {
		t.Errorf("Prepare failed: %v", err)
	}
}

func TestPrepareSeesTheSocketBeforeItIsBound(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	called := 0
	cfg := reactor.ListenConfig{Prepare: func(fd int) (int, error) {
		called++
		sa, err := syscall.Getsockname(fd)
		if in, ok := sa.(*syscall.SockaddrInet4); err != nil || !ok || in.Port != 0 {
			t.Errorf("the socket is bound to %v already, err %v", sa, err)
		}
		return 5, nil
	}}
	ln, err := r.Listen("tcp", "127.0.0.1:0", cfg, echo)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, dial(t, ln), "hello")
	if called != 1 {
		t.Errorf("Prepare was called %d times", called)
	}
}

func TestUnixListenerRemovesItsPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	r := start(t, reactor.Config{Loops: 1})
	ln, err := r.Listen("unix", path, reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, dial(t, ln), "hello")
	_ = ln.Close()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the path is still there: %v", err)
	}
}

// trapEMFILE lowers the limit of the process
// to what it has open now, dials, and raises it again.
func trapEMFILE(t *testing.T) {
	var log lockedBuffer
	r := start(t, reactor.Config{Loops: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	ln := listen(t, r, echo)
	roundTrip(t, dial(t, ln), "before")

	fds := make([]int, 8) // room for the clients, none for the server's ends
	for i := range fds {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds[i] = fd
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	sa := &syscall.SockaddrInet4{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	low := old
	low.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	restore := sync.OnceFunc(func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) })
	defer restore()
	for _, fd := range fds {
		if err := syscall.Connect(fd, sa); err != nil {
			t.Error(err)
		}
	}
	reactortest.Eventually(t, func() bool { return strings.Contains(string(log.Bytes()), "trying again") }, "a line in the log")
	time.Sleep(300 * time.Millisecond) // time in which a line for every attempt would show
	restore()
	lines := strings.Count(string(log.Bytes()), "trying again")
	if lines > 2 {
		t.Errorf("%d lines were logged within a second", lines)
	}
	roundTrip(t, dial(t, ln), "after")
	reactortest.Eventually(t, func() bool { return r.Conns() >= len(fds) }, "the waiting connections to be accepted")
	for _, fd := range fds {
		_ = syscall.Close(fd)
	}
}
