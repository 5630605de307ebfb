package reactor_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// readRecord reads one record from d, in a fiber or a goroutine.
func readRecord(ctx context.Context, d *reactor.Desc, p []byte) (n int, err error) {
	if err := d.Use(); err != nil {
		return 0, err
	}
	defer d.Done()
	for {
		ticket := d.Ticket()
		if n, err = syscall.Read(d.FD(), p); err != syscall.EAGAIN { //nolint:errorlint // as it comes from the kernel
			return n, err
		}
		if err := d.Await(ctx, reactor.Readable, ticket, time.Time{}); err != nil {
			return 0, err
		}
	}
}

func TestSeqpacketKeepsRecords(t *testing.T) {
	for name, address := range map[string]string{"path": socketPath(t), "abstract": "@kharon-" + t.Name()} {
		t.Run(name, func(t *testing.T) {
			r := start(t, reactor.Config{Loops: 2})
			ln, err := r.ListenFunc("unixpacket", address, reactor.ListenConfig{}, echoRecords(t))
			if err != nil {
				t.Fatal(err)
			}
			if got := ln.Addr().String(); got != address || ln.Addr().Network() != "unixpacket" {
				t.Errorf("listening on %s %s", ln.Addr().Network(), got)
			}
			d, remote, err := r.Connect(t.Context(), "unixpacket", address)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if remote.Network() != "unixpacket" {
				t.Errorf("connected to %s", remote.Network())
			}
			for _, want := range []string{"one", "two two", strings.Repeat("x", 60_000), "four"} {
				if _, err := syscall.Write(d.FD(), []byte(want)); err != nil {
					t.Fatal(err)
				}
			}
			p := make([]byte, 64<<10)
			for _, want := range []int{3, 7, 60_000, 4} {
				if n, err := readRecord(t.Context(), d, p); n != want || err != nil {
					t.Fatalf("a record of %d bytes, err %v, want %d", n, err, want)
				}
			}
		})
	}
}

// echoRecords returns an accept function that sends each record back.
func echoRecords(t *testing.T) func(l *reactor.Loop, fd int, remote net.Addr) {
	return func(l *reactor.Loop, fd int, remote net.Addr) {
		if remote.Network() != "unixpacket" {
			t.Errorf("the peer is on %s", remote.Network())
		}
		d, err := l.Watch(fd)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = l.Go(context.Background(), func(ctx context.Context) {
			defer d.Close()
			p := make([]byte, 64<<10)
			for {
				n, err := readRecord(ctx, d, p)
				if n == 0 || err != nil {
					return
				}
				_, _ = syscall.Write(fd, p[:n])
			}
		})
	}
}

func TestConnDoesNotTakeRecords(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	if _, err := r.Listen("unixpacket", "@kharon-records", reactor.ListenConfig{}, echo); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Listen returned %v", err)
	}
	if _, err := r.Dial(t.Context(), "unixpacket", "@kharon-records", &handler{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Dial returned %v", err)
	}
}

func TestAbstractNames(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	ln, err := r.Listen("unix", "@kharon-abstract", reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, dial(t, ln), "hello")
	if _, err := r.Listen("unix", "@kharon-abstract", reactor.ListenConfig{}, echo); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken name: %v", err)
	}
	_ = ln.Close()
	if ln, err = r.Listen("unix", "@kharon-abstract", reactor.ListenConfig{}, echo); err != nil {
		t.Errorf("the name is not free after Close: %v", err)
	}
	_ = ln.Close()
	chosen, err := r.Listen("unix", "", reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	if name := chosen.Addr().String(); !strings.HasPrefix(name, "@") || len(name) < 2 {
		t.Errorf("the system chose %q", name)
	}
	roundTrip(t, dial(t, chosen), "hello")
}
