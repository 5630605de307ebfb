//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// descPair returns two connected descriptors that are watched.
func descPair(t *testing.T, r *reactor.Reactor) (a, b *reactor.Desc) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var d [2]*reactor.Desc
	for i, fd := range fds {
		_ = syscall.SetNonblock(fd, true)
		if d[i], err = r.Watch(fd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d[i].Close() })
	}
	return d[0], d[1]
}

func TestAwaitReturnsOnNewsSinceTheTicket(t *testing.T) {
	a, b := descPair(t, start(t, reactor.Config{Loops: 1}))
	ctx, p := context.Background(), make([]byte, 10)
	for range 1000 {
		go func() { _, _ = syscall.Write(b.FD(), []byte("x")) }()
		for {
			ticket := a.Ticket()
			n, err := syscall.Read(a.FD(), p)
			if n == 1 {
				break
			}
			if err != syscall.EAGAIN {
				t.Fatal(err)
			}
			if err := a.Await(ctx, reactor.Readable, ticket, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAwaitEnds(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		want  error
		await func(d *reactor.Desc, ticket reactor.Ticket) error
	}{
		"until": {os.ErrDeadlineExceeded, func(d *reactor.Desc, k reactor.Ticket) error {
			return d.Await(context.Background(), reactor.Readable, k, time.Now().Add(10*time.Millisecond))
		}},
		"deadline before": {os.ErrDeadlineExceeded, func(d *reactor.Desc, k reactor.Ticket) error {
			_ = d.SetDeadline(reactor.Readable, time.Now().Add(-time.Second))
			return d.Await(context.Background(), reactor.Readable, k, time.Time{})
		}},
		"deadline meanwhile": {os.ErrDeadlineExceeded, func(d *reactor.Desc, k reactor.Ticket) error {
			_ = d.SetDeadline(reactor.Readable, time.Now().Add(time.Hour))
			time.AfterFunc(10*time.Millisecond, func() { _ = d.SetDeadline(reactor.Readable, time.Now()) })
			return d.Await(context.Background(), reactor.Readable, k, time.Time{})
		}},
		"context": {boom, func(d *reactor.Desc, k reactor.Ticket) error {
			ctx, cancel := context.WithCancelCause(context.Background())
			time.AfterFunc(10*time.Millisecond, func() { cancel(boom) })
			return d.Await(ctx, reactor.Readable, k, time.Time{})
		}},
		"close": {net.ErrClosed, func(d *reactor.Desc, k reactor.Ticket) error {
			time.AfterFunc(10*time.Millisecond, func() { _ = d.Close() })
			return d.Await(context.Background(), reactor.Readable, k, time.Time{})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := descPair(t, start(t, reactor.Config{Loops: 1}))
			// The registration itself is news for writing, never for reading.
			if err := a.Await(context.Background(), reactor.Writable, reactor.Ticket{}, time.Time{}); err != nil {
				t.Fatal(err)
			}
			if err := c.await(a, a.Ticket()); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestEveryWaiterWakes(t *testing.T) {
	a, b := descPair(t, start(t, reactor.Config{Loops: 1}))
	var wg sync.WaitGroup
	for range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := a.Await(context.Background(), reactor.Readable, reactor.Ticket{}, time.Time{}); err != nil {
				t.Error(err)
			}
		}()
	}
	_, _ = syscall.Write(b.FD(), []byte("x"))
	wg.Wait()
}

func TestCloseWaitsForTheUsers(t *testing.T) {
	a, b := descPair(t, start(t, reactor.Config{Loops: 1}))
	if err := a.Use(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a second Close returned %v", err)
	}
	if err := a.Use(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Use after Close returned %v", err)
	}
	if _, err := syscall.Write(a.FD(), []byte("x")); err != nil {
		t.Errorf("the descriptor was closed under its user: %v", err)
	}
	a.Done()
	_ = b.Await(context.Background(), reactor.Readable, reactor.Ticket{}, time.Time{})
}

func TestReleaseLeavesTheDescriptorOpen(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	a, _ := descPair(t, r)
	fd, err := a.Release(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Watch(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Await(context.Background(), reactor.Writable, reactor.Ticket{}, time.Time{}); err != nil {
		t.Error(err)
	}
	_ = again.Close()
}

func TestRegularFilesAreAlwaysReady(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(f.Fd()))
	_ = f.Close()
	if err != nil {
		t.Fatal(err)
	}
	d, err := start(t, reactor.Config{Loops: 1}).Watch(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Await(context.Background(), reactor.Readable, d.Ticket(), time.Time{}); err != nil {
		t.Error(err)
	}
	_ = d.Close()
}
