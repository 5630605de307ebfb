package sockets

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// connectTo is Connect in the mode of the case.
func (t *caseT) connectTo(host, port string, timeout time.Duration) (*Socket, error) {
	ctx, cancel := context.WithTimeout(t.ctx, timeout)
	defer cancel()
	return ConnectContext(ctx, host, port)
}

var connectCases = []conformance{
	{name: "C117 Connect", run: func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		c, s := t.connected(ln)
		if c.LastError() != nil || c.Errno() != 0 {
			t.Errorf("LastError %v", c.LastError())
		}
		name, err := c.Name()
		t.must(err)
		peer, err := s.Peer()
		t.must(err)
		if name != peer || name.String() != c.LocalAddr().String() || c.RemoteAddr().String() != ln.Addr().String() {
			t.Errorf("one end is %v (%v), for the other %v", name, c.LocalAddr(), peer)
		}
		if want := "aka " + c.LocalAddr().String() + ", peer " + c.RemoteAddr().String(); !strings.Contains(c.String(), want) {
			t.Errorf("String is %q, want %q in it", c, want)
		}
		wantOption(t, c, "tcp", "TCP_NODELAY", 1)
		wantOption(t, s, "tcp", "TCP_NODELAY", 1)
		wantOption(t, c, "socket", "SO_KEEPALIVE", 1)
	}},
	{name: "C118 Connect is refused", run: func(t *caseT) {
		port := freePort(t)
		_, err := t.connectTo("127.0.0.1", port, soon)
		wantIs(t, err, syscall.ECONNREFUSED)
		if !strings.Contains(err.Error(), "127.0.0.1:"+port) {
			t.Errorf("%v does not tell the address", err)
		}
	}},
	{name: "C119 Connect without time", run: func(t *caseT) {
		for _, timeout := range []time.Duration{0, 1, -time.Second} {
			_, err := t.connectTo("127.0.0.1", freePort(t), timeout)
			wantTimeout(t, err)
			wantIs(t, err, context.DeadlineExceeded)
			_, err = Connect("127.0.0.1", freePort(t), timeout)
			wantTimeout(t, err)
		}
	}},
	{name: "C120 Connect to paths where nobody listens", run: func(t *caseT) {
		dir := t.TempDir()
		_, err := t.connectTo("unix/", filepath.Join(dir, "missing"), soon)
		wantIs(t, err, syscall.ENOENT, os.ErrNotExist)
		s := t.make(FamilyUnix, Stream)
		t.must(s.Bind("unix/", filepath.Join(dir, "bound")))
		_, err = t.connectTo("unix/", filepath.Join(dir, "bound"), soon)
		wantIs(t, err, syscall.ECONNREFUSED)
		leaveStale(t, filepath.Join(dir, "stale"))
		_, err = t.connectTo("unix/", filepath.Join(dir, "stale"), soon)
		wantIs(t, err, syscall.ECONNREFUSED)
		_, err = t.connectTo("unix/", "", soon)
		wantIs(t, err, ErrInvalid)
	}},
	{name: "C121 the length of paths", run: func(t *caseT) {
		dir := t.TempDir()
		if len(dir) > maxPath-2 {
			dir = os.TempDir()
		}
		path := filepath.Join(dir, strings.Repeat("x", maxPath))[:maxPath]
		s := t.make(FamilyUnix, Stream)
		wantIs(t, s.Bind("unix/", path+"x"), syscall.ENOBUFS)
		defer os.Remove(path)
		t.must(s.Bind("unix/", path))
	}},
	{name: "C122 bad ports of Connect are refused", run: func(t *caseT) {
		for _, port := range []string{"70000", "-1"} {
			_, err := t.connectTo("127.0.0.1", port, soon)
			wantIs(t, err, ErrInvalid, syscall.EINVAL)
		}
	}},
	{name: "C123 a full queue", run: func(t *caseT) {
		port := fullQueue(t)
		begin := time.Now()
		_, err := t.connectTo("127.0.0.1", port, 150*time.Millisecond)
		wantTimeout(t, err)
		wantElapsed(t, begin, 150*time.Millisecond)
	}},
	{name: "C124 no host is loopback", run: func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		c := t.own(t.connectTo("", addrOf(ln.Addr()).Service(), soon))
		zero := t.own(t.connectTo("0", addrOf(ln.Addr()).Service(), soon))
		if c.RemoteAddr().String() != ln.Addr().String() || zero.RemoteAddr().String() != ln.Addr().String() {
			t.Errorf("connected to %v and %v", c.RemoteAddr(), zero.RemoteAddr())
		}
	}},
	{name: "C125 a full queue of a unix socket is waited for", run: func(t *caseT) {
		path := filepath.Join(t.TempDir(), "s")
		accept := fullUnixQueue(t, path)
		_, err := t.connectTo("unix/", path, short)
		wantTimeout(t, err)
		time.AfterFunc(short, accept)
		t.own(t.connectTo("unix/", path, soon))
	}},
	{name: "C126 a name that is not found", run: func(t *caseT) {
		_, err := t.connectTo("abrakadabra#123", "80", soon)
		var dns *net.DNSError
		if !errors.As(err, &dns) {
			t.Errorf("error is %v, want a *net.DNSError", err)
		}
	}},
	{name: "C127 SysConnect", run: func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		c := t.make(FamilyInet, Stream)
		if err := c.SysConnect("127.0.0.1", addrOf(ln.Addr()).Service()); !isAny(err, nil, syscall.EINPROGRESS) {
			t.Fatal(err)
		}
		wantReady(t, true)(c.Writable(soon))
		wantOption(t, c, "socket", "SO_ERROR", syscall.Errno(0))
		t.must(c.FinishConnect(soon))
		if c.RemoteAddr() == nil || c.RemoteAddr().String() != ln.Addr().String() {
			t.Errorf("connected to %v", c.RemoteAddr())
		}
		s, _, err := ln.AcceptSocket(soon)
		s = t.own(s, err)
		send(t, s, "x")
		wantBytes(t, "x", nil)(c.ReadN(1, soon))
		refused := t.make(FamilyInet, Stream)
		_ = refused.SysConnect("127.0.0.1", freePort(t))
		wantIs(t, refused.FinishConnect(soon), syscall.ECONNREFUSED)
		wantIs(t, t.make(FamilyInet, Stream).FinishConnect(soon), syscall.ENOTCONN)
	}},
	{name: "C128 a connect is cancelled", run: func(t *caseT) {
		port := fullQueue(t)
		ctx, cancel := context.WithCancel(t.ctx)
		time.AfterFunc(short, cancel)
		_, err := ConnectContext(ctx, "127.0.0.1", port)
		wantIs(t, err, context.Canceled)
		if errors.Is(err, ErrTimeout) {
			t.Error("cancelling is no timeout")
		}
	}},
}
