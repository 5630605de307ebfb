//go:build unix

package reactor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// gramHandler is a UnixgramHandler made of functions; nil ones do nothing.
type gramHandler struct {
	datagram func(g *reactor.Unixgram, d reactor.UnixDatagram)
	fail     func(g *reactor.Unixgram, err error)
	close    func(g *reactor.Unixgram, err error)
}

func (h *gramHandler) OnDatagram(g *reactor.Unixgram, d reactor.UnixDatagram) {
	if h.datagram != nil {
		h.datagram(g, d)
	}
}

func (h *gramHandler) OnError(g *reactor.Unixgram, err error) {
	if h.fail != nil {
		h.fail(g, err)
	}
}

func (h *gramHandler) OnClose(g *reactor.Unixgram, err error) {
	if h.close != nil {
		h.close(g, err)
	}
}

// echoGrams sends back what it gets.
func echoGrams(t testing.TB) *gramHandler {
	return &gramHandler{datagram: func(g *reactor.Unixgram, d reactor.UnixDatagram) {
		if err := g.Send(d.Data, d.From); err != nil {
			t.Error(err)
		}
	}}
}

// shortDir returns a directory with a path that fits into an address.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "k")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func listenGrams(t testing.TB, path string, cfg reactor.UnixgramConfig, h reactor.UnixgramHandler) *reactor.Unixgram {
	t.Helper()
	g, err := start(t, reactor.Config{Loops: 1}).ListenUnixgram(path, cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// dialGrams makes a socket of the standard library with the path from, "" for
// none, that is connected to the path to.
func dialGrams(t testing.TB, from, to string) *net.UnixConn {
	t.Helper()
	var local *net.UnixAddr
	if from != "" {
		local = &net.UnixAddr{Name: from, Net: "unixgram"}
	}
	c, err := net.DialUnix("unixgram", local, &net.UnixAddr{Name: to, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
	return c
}

// gramNames are paths of every kind, two of each.
func gramNames(t testing.TB) map[string][2]string {
	dir := shortDir(t)
	long := filepath.Join(dir, strings.Repeat("x", 103-len(dir)-2))
	names := map[string][2]string{
		"short":        {filepath.Join(dir, "a"), filepath.Join(dir, "b")},
		"long":         {long + "1", long + "2"},
		"not in ASCII": {filepath.Join(dir, "ä\nβ"), filepath.Join(dir, "ä\nγ")},
	}
	if runtime.GOOS == "linux" {
		id := fmt.Sprint("@kharon", os.Getpid())
		names["abstract"] = [2]string{id + "a", id + "b"}
		names["abstract with zeros"] = [2]string{id + "\x00\x00a", id + "\x00\x00b"}
		names["long abstract"] = [2]string{id + strings.Repeat("a", 107-len(id)), id + strings.Repeat("b", 107-len(id))}
	}
	return names
}

func TestUnixgramEchoes(t *testing.T) {
	for name, path := range gramNames(t) {
		t.Run(name, func(t *testing.T) {
			g := listenGrams(t, path[0], reactor.UnixgramConfig{}, &gramHandler{datagram: func(g *reactor.Unixgram, d reactor.UnixDatagram) {
				if d.From != path[1] || d.Truncated {
					t.Errorf("from %q, truncated %v, want %q", d.From, d.Truncated, path[1])
				}
				send := g.Send
				if len(d.Data)%2 == 0 {
					send = g.SendNow
				}
				if err := send(d.Data, d.From); err != nil {
					t.Error(err)
				}
			}})
			if g.Path() != path[0] || g.RemotePath() != "" || g.Queued() != 0 {
				t.Errorf("path %q, remote %q", g.Path(), g.RemotePath())
			}
			c := dialGrams(t, path[1], path[0])
			for _, size := range []int{0, 1, 2, 1000, 1001, 65535} {
				p, buf := random(size), make([]byte, 70_000)
				if _, err := c.Write(p); err != nil {
					t.Fatal(err)
				}
				if n, err := c.Read(buf); err != nil || !bytes.Equal(buf[:n], p) {
					t.Fatalf("of %d bytes %d came back, %v", size, n, err)
				}
			}
		})
	}
}

func TestUnixgramHearsOfUnnamedSendersAndTruncation(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	got := make(chan reactor.UnixDatagram, 10)
	listenGrams(t, path, reactor.UnixgramConfig{MaxDatagram: 10}, &gramHandler{datagram: func(g *reactor.Unixgram, d reactor.UnixDatagram) {
		if err := g.Send(nil, d.From); !errors.Is(err, syscall.EDESTADDRREQ) {
			t.Errorf("answering nobody: %v", err)
		}
		d.Data = bytes.Clone(d.Data)
		got <- d
	}})
	c := dialGrams(t, "", path)
	for _, size := range []int{9, 10, 11, 5000} {
		_, _ = c.Write(random(size))
		if d := <-got; d.From != "" || len(d.Data) != min(size, 10) || d.Truncated != (size > 10) {
			t.Errorf("of %d bytes %d came from %q, truncated %v", size, len(d.Data), d.From, d.Truncated)
		}
	}
}

// TestUnixgramConnectedWaitsForItsPeer sends more than the peer's queue holds.
func TestUnixgramConnectedWaitsForItsPeer(t *testing.T) {
	const n = 5000
	dir := shortDir(t)
	r := start(t, reactor.Config{Loops: 2})
	next, all := 0, make(chan bool)
	_, err := r.ListenUnixgram(filepath.Join(dir, "in"), reactor.UnixgramConfig{Loop: r.Loop(0)},
		&gramHandler{datagram: func(_ *reactor.Unixgram, d reactor.UnixDatagram) {
			if want := fmt.Sprint(next); string(d.Data) != want || d.From != filepath.Join(dir, "out") {
				t.Errorf("%q came from %q, want %s", d.Data, d.From, want)
			}
			if next++; next == n {
				close(all)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.ListenUnixgram(filepath.Join(dir, "out"), reactor.UnixgramConfig{Loop: r.Loop(1), Remote: filepath.Join(dir, "in")},
		&gramHandler{fail: func(_ *reactor.Unixgram, err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := out.Send(fmt.Append(nil, i), ""); err != nil {
			t.Fatal(err)
		}
	}
	<-all
	if err := out.Send(nil, "/elsewhere"); !errors.Is(err, net.ErrWriteToConnected) {
		t.Errorf("sending elsewhere: %v", err)
	}
	if out.RemotePath() != filepath.Join(dir, "in") {
		t.Errorf("remote path %q", out.RemotePath())
	}
}

// TestUnixgramTellsWhatWasLost sends where nobody is, and to somebody who does
// not read, while others are served.
func TestUnixgramTellsWhatWasLost(t *testing.T) {
	dir := shortDir(t)
	dead, slow := filepath.Join(dir, "dead"), filepath.Join(dir, "slow")
	errs := make(chan error, 10_000)
	h := echoGrams(t)
	h.fail = func(_ *reactor.Unixgram, err error) { errs <- err }
	g := listenGrams(t, filepath.Join(dir, "s"), reactor.UnixgramConfig{}, h)
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: dead, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := c.SyscallConn()
	_ = raw.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
	_ = os.Rename(dead, dead+"2") // what Close removes is another path
	c.Close()
	s, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: slow, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	peer := dialGrams(t, filepath.Join(dir, "peer"), g.Path())

	expect := func(path string, want ...error) {
		t.Helper()
		err := <-errs
		var op *net.OpError
		if !errors.As(err, &op) || op.Net != "unixgram" || op.Addr == nil || op.Addr.String() != path {
			t.Errorf("got %v, want a *net.OpError about %s", err, path)
		}
		for _, w := range want {
			if errors.Is(err, w) {
				return
			}
		}
		t.Errorf("got %v, want one of %v", err, want)
	}
	_ = g.Send([]byte("x"), filepath.Join(dir, "none"))
	expect(filepath.Join(dir, "none"), syscall.ENOENT)
	_ = g.Send([]byte("x"), dead+"2")
	expect(dead+"2", syscall.ECONNREFUSED)
	for range 5000 {
		_ = g.Send(make([]byte, 100), slow)
	}
	expect(slow, syscall.EAGAIN, syscall.ENOBUFS)
	if _, err := peer.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 10)
	if n, err := peer.Read(p); string(p[:n]) != "hello" {
		t.Errorf("another peer got %q, %v", p[:n], err)
	}
	if err := g.Send(make([]byte, 70_000), slow); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("too long: %v", err)
	}
	for name, want := range map[string]error{strings.Repeat("x", 200): syscall.ENAMETOOLONG, "a\x00b": syscall.EINVAL} {
		if err := g.Send(nil, name); !errors.Is(err, want) {
			t.Errorf("to %q: %v", name, err)
		}
	}
}

func TestUnixgramRemovesItsOwnPathAlone(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	gone := func(g *reactor.Unixgram) bool {
		<-g.Closed()
		_, err := os.Lstat(path)
		return errors.Is(err, os.ErrNotExist)
	}
	for name, end := range map[string]func(r *reactor.Reactor, g *reactor.Unixgram){
		"Close":    func(_ *reactor.Reactor, g *reactor.Unixgram) { _ = g.Close() },
		"Abort":    func(_ *reactor.Reactor, g *reactor.Unixgram) { g.Abort(nil) },
		"Shutdown": func(r *reactor.Reactor, _ *reactor.Unixgram) { _ = r.Shutdown(context.Background()) },
		"panic":    func(_ *reactor.Reactor, g *reactor.Unixgram) { _, _ = dialGrams(t, "", path).Write(nil) },
	} {
		r := start(t, reactor.Config{Loops: 1})
		g, err := r.ListenUnixgram(path, reactor.UnixgramConfig{}, &gramHandler{datagram: func(*reactor.Unixgram, reactor.UnixDatagram) { panic("boom") }})
		if err != nil {
			t.Fatal(err)
		}
		if end(r, g); !gone(g) {
			t.Errorf("after %s the path is there", name)
		}
	}

	r := start(t, reactor.Config{Loops: 1})
	old, err := r.ListenUnixgram(path, reactor.UnixgramConfig{}, &gramHandler{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ListenUnixgram(path, reactor.UnixgramConfig{}, &gramHandler{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second socket with the path: %v", err)
	}
	_ = os.Remove(path)
	if _, err := r.ListenUnixgram(path, reactor.UnixgramConfig{}, echoGrams(t)); err != nil {
		t.Fatal(err)
	}
	if _ = old.Close(); gone(old) {
		t.Error("the old socket has removed the path of the new one")
	}
	c := dialGrams(t, path+"c", path)
	_, _ = c.Write([]byte("x"))
	if n, err := c.Read(make([]byte, 10)); n != 1 {
		t.Error(err)
	}
}

func TestUnixgramTakesOverADeadPath(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "s")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Link(path, path+"2") // Close removes the first
	c.Close()
	r := start(t, reactor.Config{Loops: 1})
	g, err := r.ListenUnixgram(path+"2", reactor.UnixgramConfig{}, echoGrams(t))
	if err != nil {
		t.Fatal(err)
	}
	cl := dialGrams(t, path+"c", g.Path())
	_, _ = cl.Write([]byte("x"))
	if n, err := cl.Read(make([]byte, 10)); n != 1 {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{file: syscall.EADDRINUSE, filepath.Join(dir, "no", "dir"): syscall.ENOENT,
		strings.Repeat("x", 200): syscall.ENAMETOOLONG} {
		_, err := r.ListenUnixgram(path, reactor.UnixgramConfig{}, &gramHandler{})
		var op *net.OpError
		if !errors.As(err, &op) || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("a file was removed: %v", err)
	}
}
