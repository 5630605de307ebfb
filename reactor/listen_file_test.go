//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// inherited returns a listening socket as a file, as systemd would hand it on.
func inherited(t *testing.T, network, address string) *os.File {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	f, err := ln.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestListenFileServesAnInheritedSocket(t *testing.T) {
	path := socketPath(t)
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": path} {
		t.Run(network, func(t *testing.T) {
			f := inherited(t, network, address)
			r := start(t, reactor.Config{Loops: 2})
			ln, err := r.ListenFile(f, reactor.ListenConfig{MaxConns: 2}, echo)
			if err != nil {
				t.Fatal(err)
			}
			if ln.Addr().Network() != network {
				t.Errorf("the network is %q", ln.Addr().Network())
			}
			roundTrip(t, dial(t, ln), "hello")
			if err := ln.Close(); err != nil {
				t.Error(err)
			}
			again, err := r.ListenFile(f, reactor.ListenConfig{}, echo) // f is still the caller's
			if err != nil {
				t.Fatal(err)
			}
			_ = f.Close()
			roundTrip(t, dial(t, again), "hello again")
			if err := r.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the path, which was not ours, is gone: %v", err)
	}
}

func TestListenFileRefuses(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	listening := inherited(t, "tcp", "127.0.0.1:0")
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	closed := inherited(t, "tcp", "127.0.0.1:0")
	_ = closed.Close()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	udpFile, err := udp.File()
	if err != nil {
		t.Fatal(err)
	}
	defer udpFile.Close()
	for name, tt := range map[string]struct {
		f    *os.File
		cfg  reactor.ListenConfig
		want error
	}{
		"a regular file":          {file, reactor.ListenConfig{}, syscall.ENOTSOCK},
		"a closed file":           {closed, reactor.ListenConfig{}, os.ErrClosed},
		"a socket for datagrams":  {udpFile, reactor.ListenConfig{}, syscall.EINVAL},
		"options of before bind":  {listening, reactor.ListenConfig{Backlog: 5}, syscall.EINVAL},
		"SO_REUSEPORT":            {listening, reactor.ListenConfig{ReusePort: true}, syscall.EINVAL},
		"no file":                 {nil, reactor.ListenConfig{}, os.ErrInvalid},
		"a limit that is no such": {listening, reactor.ListenConfig{MaxConns: -1}, nil},
	} {
		_, err := r.ListenFile(tt.f, tt.cfg, echo)
		var op *net.OpError
		if !errors.As(err, &op) || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}
