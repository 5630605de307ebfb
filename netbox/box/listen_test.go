package box

import (
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func serverConfig(cert tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}
}

func TestSeveralListenersOfOneServer(t *testing.T) {
	srv, first := start(t, Config{})
	second, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	third, err := srv.ListenWith(ListenOptions{Socket: reactor.ListenConfig{Backlog: 5}}, "unix/:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if third.String() != path {
		t.Errorf("listens on %v", third)
	}
	cert, pool := identity(t, "server")
	fourth, err := srv.ListenWith(ListenOptions{TLS: serverConfig(cert)}, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	clients := []*raw{dialRaw(t, first), dialRaw(t, second.String()), dialRaw(t, "unix/:"+path),
		dialTLS(t, fourth.String(), &tls.Config{RootCAs: pool, ServerName: "server", NextProtos: []string{"acme-tls/1"}})}
	for _, c := range clients {
		c.expectAlive()
	}
	reactortest.Eventually(t, func() bool { return srv.Stats().Connections == len(clients) }, "all to be counted")
	if err := srv.Shutdown(patience(t)); err != nil {
		t.Error(err)
	}
	for _, addr := range []string{first, second.String(), fourth.String()} {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			t.Errorf("%s still listens", addr)
		}
	}
}

func TestListenersThatAreGiven(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	srv, _ := start(t, Config{})
	addr, err := srv.ListenFile(ListenOptions{}, f)
	f.Close()
	if err != nil || addr.String() != ln.Addr().String() {
		t.Fatalf("%v, %v", addr, err)
	}
	dialRaw(t, addr.String()).expectAlive()
	if _, err := srv.ListenFile(ListenOptions{}, f); err == nil {
		t.Error("listens on a file that is closed")
	}
}

func TestListenOptionsAreChecked(t *testing.T) {
	srv, _ := start(t, Config{})
	for says, o := range map[string]ListenOptions{
		"no certificate":   {TLS: &tls.Config{}},
		"HandshakeTimeout": {HandshakeTimeout: time.Second},
		"Backlog":          {Socket: reactor.ListenConfig{Backlog: -1}},
	} {
		if _, err := srv.ListenWith(o, "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want something about %s", err, says)
		}
	}
	var op *net.OpError
	if _, err := srv.Listen("127.0.0.1:99999"); !errors.As(err, &op) {
		t.Errorf("got %v", err)
	}
	_ = srv.Close()
	if _, err := srv.Listen("127.0.0.1:0"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestClientsOfOneListenerAreBounded(t *testing.T) {
	srv, _ := start(t, Config{})
	addr, err := srv.ListenWith(ListenOptions{Socket: reactor.ListenConfig{MaxConns: 1}}, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	first := dialRaw(t, addr.String())
	first.expectAlive()
	second, err := net.Dial("tcp", addr.String()) // the kernel takes it in
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	newRaw(t, second).expectAlive()
}
