package reactor_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// These tests need addresses of the loopback beside 127.0.0.1, and a queue that
// drops what it has no room for: a black hole, as addresses are behind which
// there is nobody.

const hole, alive = "127.0.0.2", "127.0.0.3"

// blackHole returns a port of hole that takes no connections and refuses none.
func blackHole(t *testing.T) (port int) {
	t.Helper()
	fd := fullQueue(t, unix.AF_INET, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 2}}, unix.EINPROGRESS)
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return sa.(*unix.SockaddrInet4).Port
}

// fullQueue listens on sa and connects until that would have to wait, which the
// kernel says by full.
func fullQueue(t *testing.T, family int, sa unix.Sockaddr, full error) (fd int) {
	t.Helper()
	fd = openSocket(t, family)
	if err := errors.Join(unix.Bind(fd, sa), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	for stuck := 0; stuck < 3; { // what is in progress may just take a moment
		c := openSocket(t, family)
		switch err := unix.Connect(c, name); {
		case errors.Is(err, full):
			pfd := []unix.PollFd{{Fd: int32(c), Events: unix.POLLOUT}}
			if n, _ := unix.Poll(pfd, 50); n == 0 || family == unix.AF_UNIX {
				stuck++
			}
		case err != nil:
			t.Fatal(err)
		}
	}
	return fd
}

func openSocket(t *testing.T, family int) int {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// sockets returns how many sockets the process has open.
func sockets(t *testing.T) (n int) {
	t.Helper()
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range dir {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}

// expectSockets returns a check that as many sockets are open as now, and extra
// ones.
func expectSockets(t *testing.T) func(extra int) {
	t.Helper()
	before := sockets(t)
	return func(extra int) {
		t.Helper()
		reactortest.Eventually(t, func() bool { return sockets(t) == before+extra }, "%d sockets to be left", extra)
	}
}

func TestBlackHoleDelaysTheNextAddressOnly(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := blackHole(t)
	address := net.JoinHostPort(alive, strconv.Itoa(port))
	if _, err := r.Listen("tcp", address, reactor.ListenConfig{}, echo); err != nil {
		t.Fatal(err)
	}
	names := reactortest.NameServer(t, hole, alive)
	for name, dial := range map[string]func(d *reactor.Dialer, name string) (*reactor.Conn, error){
		"goroutine": func(d *reactor.Dialer, name string) (*reactor.Conn, error) {
			return d.Dial(t.Context(), "tcp", name, &handler{})
		},
		"fiber": func(d *reactor.Dialer, name string) (c *reactor.Conn, err error) {
			goFiber(t, r.Loop(0), func(ctx context.Context) { c, err = d.Dial(ctx, "tcp", name, &handler{}) })
			return c, err
		},
		"callback": func(d *reactor.Dialer, name string) (c *reactor.Conn, err error) {
			done := make(chan struct{})
			_ = r.Loop(0).Post(func() {
				_ = d.DialFunc(t.Context(), "tcp", name, &handler{}, func(got *reactor.Conn, e error) {
					c, err = got, e
					close(done)
				})
			})
			<-done
			return c, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			expect := expectSockets(t)
			d := &reactor.Dialer{Reactor: r, Resolver: names, FallbackDelay: 10 * time.Millisecond}
			c, err := dial(d, "dual.test.:"+strconv.Itoa(port))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.RemoteAddr().String(); got != address {
				t.Errorf("connected to %s, want %s", got, address)
			}
			expect(2) // the two ends: the attempt that was given up is closed
			c.Abort(nil)
			expect(0)
		})
	}
}

func TestWithoutFallbackOneAttemptBlocksTheNext(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := blackHole(t)
	ln, err := r.Listen("tcp", net.JoinHostPort(alive, strconv.Itoa(port)), reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	expect := expectSockets(t)
	d := reactor.Dialer{Reactor: r, Resolver: reactortest.NameServer(t, hole, alive), FallbackDelay: -1, Timeout: 100 * time.Millisecond}
	_, err = d.Dial(t.Context(), "tcp", "dual.test.:"+strconv.Itoa(port), &handler{})
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
	if n := ln.Conns(); n != 0 {
		t.Errorf("%d connections came to the second address", n)
	}
	expect(1) // the name server's
}

func TestCancelGivesUpEveryAttempt(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := strconv.Itoa(blackHole(t))
	names := reactortest.NameServer(t, alive, hole)
	expect := expectSockets(t)
	tried := make(chan struct{}, 10) // the loop sends with each attempt
	d := reactor.Dialer{Reactor: r, Resolver: names, FallbackDelay: time.Millisecond,
		Prepare: func(int) error { tried <- struct{}{}; return nil }}
	boom := errors.New("boom")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-tried
		<-tried
		cancel(boom)
	}()
	_, err := d.Dial(ctx, "tcp", "dual.test.:"+port, &handler{})
	if !errors.Is(err, boom) || !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), hole+":"+port+": no answer") {
		t.Errorf("got %v", err)
	}
	expect(0)
}

func TestShutdownEndsADial(t *testing.T) {
	address := net.JoinHostPort(hole, strconv.Itoa(blackHole(t)))
	for name, end := range map[string]func(r *reactor.Reactor) error{
		"Shutdown": func(r *reactor.Reactor) error { return r.Shutdown(context.Background()) },
		"Close":    (*reactor.Reactor).Close,
	} {
		t.Run(name, func(t *testing.T) {
			expect := expectSockets(t)
			r := start(t, reactor.Config{Loops: 2})
			tried := make(chan struct{}, 2) // the loops send with each attempt
			d := reactor.Dialer{Reactor: r, Prepare: func(int) error { tried <- struct{}{}; return nil }}
			errs := make(chan error, 2)
			go func() { _, err := d.Dial(context.Background(), "tcp", address, &handler{}); errs <- err }()
			across := d
			across.Loop = r.Loop(0) // another loop than the fiber's
			_, _ = r.Loop(1).Go(context.Background(), func(ctx context.Context) {
				_, _, err := across.Connect(ctx, "tcp", address)
				errs <- err
			})
			<-tried
			<-tried
			if err := end(r); err != nil {
				t.Error(err)
			}
			for range 2 {
				if err := <-errs; !errors.Is(err, reactor.ErrStopped) {
					t.Errorf("got %v, want ErrStopped", err)
				}
			}
			expect(0)
		})
	}
}

func TestShutdownEndsTheWaitForAFullQueue(t *testing.T) {
	for name, end := range map[string]func(r *reactor.Reactor) error{
		"Shutdown": func(r *reactor.Reactor) error { return r.Shutdown(context.Background()) },
		"Close":    (*reactor.Reactor).Close,
	} {
		t.Run(name, func(t *testing.T) {
			path := socketPath(t)
			fullQueue(t, unix.AF_UNIX, &unix.SockaddrUnix{Name: path}, unix.EAGAIN)
			r := start(t, reactor.Config{Loops: 1})
			tried := make(chan struct{}) // closed by the loop with the first attempt
			first := sync.OnceFunc(func() { close(tried) })
			d := reactor.Dialer{Reactor: r, Prepare: func(int) error { first(); return nil }}
			errs := make(chan error, 1)
			go func() { _, err := d.Dial(context.Background(), "unix", path, &handler{}); errs <- err }()
			<-tried
			if err := end(r); err != nil {
				t.Error(err)
			}
			if err := <-errs; !errors.Is(err, reactor.ErrStopped) {
				t.Errorf("got %v, want ErrStopped", err)
			}
		})
	}
}

func TestFullUnixQueueIsWaitedFor(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	path := socketPath(t)
	fd := fullQueue(t, unix.AF_UNIX, &unix.SockaddrUnix{Name: path}, unix.EAGAIN)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := r.Dial(ctx, "unix", path, &handler{}); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("got %v", err)
	}
	time.AfterFunc(20*time.Millisecond, func() {
		if c, _, err := unix.Accept(fd); err == nil {
			_ = unix.Close(c)
		}
	})
	c, err := r.Dial(t.Context(), "unix", path, &handler{})
	if err != nil {
		t.Fatal(err)
	}
	c.Abort(nil)
}

func TestSocketDoesNotConnectToItself(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	port := 0
	d := reactor.Dialer{Reactor: r, Prepare: func(fd int) error {
		return unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close() // nobody listens there now
	port = ln.Addr().(*net.TCPAddr).Port
	c, err := d.Dial(t.Context(), "tcp", ln.Addr().String(), &handler{})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestPrepareEndsAnAttempt(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	ln := listen(t, r, echo)
	no := errors.New("no")
	for name, tt := range map[string]struct {
		prepare func(int) error
		is      func(err error) bool
	}{
		"error": {func(int) error { return no }, func(err error) bool { return errors.Is(err, no) }},
		"panic": {func(int) error { panic(no) }, func(err error) bool {
			var p *reactor.PanicError
			return errors.As(err, &p) && errors.Is(err, no)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			expect := expectSockets(t)
			d := reactor.Dialer{Reactor: r, Prepare: tt.prepare}
			if _, err := d.Dial(t.Context(), "tcp", ln.Addr().String(), &handler{}); !tt.is(err) {
				t.Errorf("got %v", err)
			}
			expect(0)
		})
	}
}
