package sockets

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestConnectFails(t *testing.T) {
	dir := t.TempDir()
	free := freePort(t)
	stale := filepath.Join(dir, "stale")
	leaveStale(t, stale)
	for _, tc := range []struct {
		name, host, port string
		timeout          time.Duration
		want             []error
	}{
		{"C118 refused", "127.0.0.1", free, soon, []error{syscall.ECONNREFUSED}},
		{"C119 no time", "127.0.0.1", free, NoWait, []error{ErrTimeout, os.ErrDeadlineExceeded, context.DeadlineExceeded}},
		{"C119 too little time", "127.0.0.1", free, 1, []error{ErrTimeout, os.ErrDeadlineExceeded, context.DeadlineExceeded}},
		{"C120 no such path", unixHost, filepath.Join(dir, "missing"), soon, []error{syscall.ENOENT, os.ErrNotExist}},
		{"C120 stale path", unixHost, stale, soon, []error{syscall.ECONNREFUSED}},
		{"C144 long path", unixHost, strings.Repeat("x", 110), soon, []error{syscall.ENOBUFS}},
		{"no path", unixHost, "", soon, []error{ErrInvalid}},
		{"port too high", "127.0.0.1", "70000", soon, []error{ErrInvalid, syscall.EINVAL}},
		{"port below 0", "127.0.0.1", "-1", soon, []error{ErrInvalid, syscall.EINVAL}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Connect(tc.host, tc.port, tc.timeout)
			wantIs(t, err, tc.want...)
			var op *net.OpError
			if !errors.As(err, &op) || op.Op != "dial" {
				t.Errorf("%v is not a *net.OpError of a dial", err)
			}
		})
	}
}

func TestC126ANameThatIsNotFoundSaysSo(t *testing.T) {
	_, err := Connect("abrakadabra#123", "80", soon)
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		t.Errorf("error is %v, want a *net.DNSError", err)
	}
}

func TestC123AFullQueueTimesOut(t *testing.T) {
	port := fullQueue(t)
	_, err := Connect("127.0.0.1", port, 150*time.Millisecond)
	wantTimeout(t, err)
	wantIs(t, err, context.DeadlineExceeded)

	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(short, cancel)
	_, err = ConnectContext(ctx, "127.0.0.1", port) // C128
	wantIs(t, err, context.Canceled)
	if errors.Is(err, ErrTimeout) {
		t.Error("cancelling is no timeout")
	}
}

func TestConnectWaitsForAFullUnixQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	accept := fullUnixQueue(t, path)
	_, err := Connect(unixHost, path, short)
	wantTimeout(t, err)
	time.AfterFunc(short, accept)
	s, err := Connect(unixHost, path, soon)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}

func TestC117NamesOfBothEnds(t *testing.T) {
	c, s := pair(t)
	name, err := c.Name()
	if err != nil {
		t.Fatal(err)
	}
	peer, err := s.Peer()
	if err != nil {
		t.Fatal(err)
	}
	if name != peer || name.Port == 0 || name.Family != FamilyInet || name.String() != c.LocalAddr().String() {
		t.Errorf("one end is %v (%v), for the other %v", name, c.LocalAddr(), peer)
	}
	if want := "aka " + c.LocalAddr().String() + ", peer " + c.RemoteAddr().String(); !strings.Contains(c.String(), want) {
		t.Errorf("String is %q, want %q in it", c, want)
	}
	if err := c.SetNoDelay(false); err != nil {
		t.Error(err)
	}
}

func TestC146NamesOfAUnixConnection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	froms := make(chan Addr, 1)
	srv := &Server{Handler: func(_ context.Context, s *Socket, from Addr) {
		froms <- from
		_, _ = s.ReadN(1, soon)
	}}
	if err := srv.Start(context.Background(), unixHost, path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = srv.Shutdown(context.Background()) }()
	c, err := Connect(unixHost, path, soon)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if from := <-froms; from.Path != "" || from.Family != FamilyUnix {
		t.Errorf("from is %+v", from)
	}
	peer, err := c.Peer()
	if err != nil || peer.String() != "unix/:"+path || peer.Network() != "unix" {
		t.Errorf("peer is %v, %v", peer, err)
	}
}

// freePort returns a port of the loopback where nobody listens.
func freePort(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// leaveStale makes a unix socket where nobody listens any more.
func leaveStale(t testing.TB, path string) {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	_ = ln.Close()
}
