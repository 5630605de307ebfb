//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

const readWrite = reactor.Readable | reactor.Writable

// pipe returns the two ends of a pipe, which are closed with the test.
func pipe(t testing.TB) (r, w int) {
	t.Helper()
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(p[0]); syscall.Close(p[1]) })
	return p[0], p[1]
}

// tcpPair returns the descriptors of a connection.
func tcpPair(t testing.TB) (a, b int, end net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	raw, _ := c.(*net.TCPConn).SyscallConn()
	_ = raw.Control(func(fd uintptr) { a = int(fd) })
	raw, _ = s.(*net.TCPConn).SyscallConn()
	_ = raw.Control(func(fd uintptr) { b = int(fd) })
	return a, b, s
}

func inAWhile() time.Time { return time.Now().Add(10 * time.Millisecond) }

// inBoth runs f in a fiber and on a goroutine.
func inBoth(t *testing.T, r *reactor.Reactor, f func(t *testing.T, ctx context.Context)) {
	t.Run("goroutine", func(t *testing.T) { f(t, t.Context()) })
	t.Run("fiber", func(t *testing.T) {
		goFiber(t, r.Loop(0), func(ctx context.Context) { f(t, ctx) })
	})
}

func TestWaitFDAnswersAtOnce(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	inBoth(t, r, func(t *testing.T, ctx context.Context) {
		empty, w := pipe(t)
		full, fw := pipe(t)
		_, _ = syscall.Write(fw, []byte("x"))
		ended, ew := pipe(t)
		_ = syscall.Close(ew)
		sock, _, _ := tcpPair(t)
		gone, _, s := tcpPair(t)
		s.Close()
		file, err := os.Open("waitfd_test.go")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for _, tt := range []struct {
			name     string
			fd       int
			ev, want reactor.Events
		}{
			{"empty pipe", empty, reactor.Readable, 0},
			{"pipe with a byte", full, reactor.Readable, reactor.Readable},
			{"pipe to write to", w, reactor.Writable, reactor.Writable},
			{"pipe without a writer", ended, reactor.Readable, reactor.Readable},
			{"socket", sock, readWrite, reactor.Writable},
			{"socket, to read", sock, reactor.Readable, 0},
			{"socket whose peer has closed", gone, readWrite, readWrite},
			{"regular file", int(file.Fd()), readWrite, readWrite},
			{"regular file, to read", int(file.Fd()), reactor.Readable, reactor.Readable},
		} {
			reactortest.Eventually(t, func() bool { // the peer's end takes its time
				got, err := r.WaitFD(ctx, tt.fd, tt.ev, inAWhile())
				return got == tt.want && err == nil
			}, "%s to be ready for %v", tt.name, tt.want)
			if got, err := r.WaitFD(ctx, tt.fd, tt.ev, time.Now().Add(-1)); got != tt.want || err != nil {
				t.Errorf("%s, asked once: %v, %v", tt.name, got, err)
			}
		}
	})
}

func TestWaitFDErrors(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	rd, _ := pipe(t)
	closed, _ := syscall.Dup(rd)
	_ = syscall.Close(closed)
	boom := errors.New("boom")
	cancelled, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(10*time.Millisecond, func() { cancel(boom) })
	for _, tt := range []struct {
		name string
		ctx  context.Context
		fd   int
		ev   reactor.Events
		want error
	}{
		{"no descriptor", t.Context(), -1, reactor.Readable, syscall.EBADF},
		{"closed", t.Context(), closed, reactor.Readable, syscall.EBADF},
		{"no events", t.Context(), rd, 0, syscall.EINVAL},
		{"other events", t.Context(), rd, 4 | reactor.Readable, syscall.EINVAL},
		{"context", cancelled, rd, reactor.Readable, boom},
	} {
		if got, err := r.WaitFD(tt.ctx, tt.fd, tt.ev, time.Time{}); got != 0 || !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := r.WaitFD(context.Background(), rd, reactor.Readable, time.Time{})
		done <- err
	}()
	time.Sleep(time.Millisecond) // whether it waits already or not
	_ = r.Close()
	if err := <-done; !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("a wait on a loop that stops: %v", err)
	}
}

// TestWaitFDWakesEveryWaiter has many wait for one descriptor, which a loop
// watches beside.
func TestWaitFDWakesEveryWaiter(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[1])
	_ = syscall.SetNonblock(fds[0], true)
	d, err := r.Watch(fds[0])
	if err != nil {
		t.Fatal(err)
	}
	before := len(openDescriptors(t))
	var wg sync.WaitGroup
	waiting := make(chan bool, 100)
	for i, w := range append(waitings(t, r), waitings(t, r)...) {
		wg.Add(1)
		w.run(context.Background(), func(ctx context.Context) {
			defer wg.Done()
			if got, err := r.WaitFD(ctx, fds[0], reactor.Readable, inAWhile()); got != 0 || err != nil {
				t.Errorf("%s %d: %v, %v before there is anything", w.kind, i, got, err)
			}
			waiting <- true
			if got, err := r.WaitFD(ctx, fds[0], reactor.Readable, time.Time{}); got != reactor.Readable || err != nil {
				t.Errorf("%s %d: %v, %v", w.kind, i, got, err)
			}
		})
	}
	for range 6 {
		<-waiting
	}
	if got, err := r.WaitFD(context.Background(), fds[0], readWrite, time.Time{}); got != reactor.Writable || err != nil {
		t.Errorf("the other direction: %v, %v", got, err)
	}
	_, _ = syscall.Write(fds[1], []byte("x"))
	wg.Wait()
	if err := d.Await(context.Background(), reactor.Readable, reactor.Ticket{}, time.Time{}); err != nil {
		t.Error(err)
	}
	reactortest.Eventually(t, func() bool { return len(openDescriptors(t)) <= before }, "the duplicates to be closed")
	p := make([]byte, 1)
	if n, err := syscall.Read(fds[0], p); n != 1 || err != nil {
		t.Errorf("the descriptor was closed: %v", err)
	}
	_ = d.Close()
}

func openDescriptors(t *testing.T) []os.DirEntry {
	t.Helper()
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if entries, err := os.ReadDir(dir); err == nil {
			return entries
		}
	}
	t.Skip("SKIPPED: the system does not list the descriptors of a process")
	return nil
}

// TestWaitFDOnAProgramsOutput waits for what another process writes.
func TestWaitFDOnAProgramsOutput(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	goFiber(t, r.Loop(0), func(ctx context.Context) {
		cmd := exec.Command("sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.01; done")
		out, w, err := os.Pipe()
		if err != nil {
			t.Error(err)
			return
		}
		defer out.Close()
		cmd.Stdout = w
		reactor.Await(ctx, func() { err = cmd.Start() })
		w.Close()
		if err != nil {
			t.Error(err)
			return
		}
		var got strings.Builder
		for p := make([]byte, 10); ; {
			if ev, err := r.WaitFD(ctx, int(out.Fd()), reactor.Readable, time.Time{}); ev != reactor.Readable || err != nil {
				t.Error(ev, err)
				break
			}
			n, err := out.Read(p)
			got.Write(p[:n])
			if errors.Is(err, io.EOF) {
				break
			}
		}
		if got.String() != "1\n2\n3\n" {
			t.Errorf("got %q", got.String())
		}
		reactor.Await(ctx, func() { _ = cmd.Wait() })
	})
}

func TestReleaseKeepsWhatArrived(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	inBoth(t, r, func(t *testing.T, ctx context.Context) {
		a, b := descPair(t, r)
		_, _ = syscall.Write(b.FD(), []byte("hello"))
		fd, err := a.Release(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		defer syscall.Close(fd)
		p := make([]byte, 10)
		if n, err := syscall.Read(fd, p); string(p[:max(n, 0)]) != "hello" {
			t.Errorf("read %q, %v", p[:max(n, 0)], err)
		}
		if _, err := a.Release(ctx); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a second Release: %v", err)
		}
	})
}

// BenchmarkWaitFD waits for a pipe that has nothing, on the way of all waits.
func BenchmarkWaitFD(b *testing.B) {
	r := start(b, reactor.Config{Loops: 1})
	rd, w := pipe(b)
	for _, ready := range []string{"ready", "not ready"} {
		b.Run(ready, func(b *testing.B) {
			b.ReportAllocs()
			p := make([]byte, 1)
			goFiber(b, r.Loop(0), func(ctx context.Context) {
				for range b.N {
					if ready == "ready" {
						_, _ = r.WaitFD(ctx, w, reactor.Writable, time.Time{})
						continue
					}
					_, _ = r.Loop(0).Go(ctx, func(context.Context) { _, _ = syscall.Write(w, p) })
					_, _ = r.WaitFD(ctx, rd, reactor.Readable, time.Time{})
					_, _ = syscall.Read(rd, p)
				}
			})
		})
	}
}
