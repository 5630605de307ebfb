package sockets

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

var unixCases = []conformance{
	{name: "C145 a name without a file", run: func(t *caseT) {
		ln := t.listener("unix/", "@kharon-test-"+filepath.Base(t.TempDir()))
		c, s := t.connected(ln)
		send(t, c, "x")
		wantBytes(t, "x", nil)(s.ReadN(1, soon))
	}},
	{name: "C146 the names of a unix connection", run: func(t *caseT) {
		path := filepath.Join(t.TempDir(), "s")
		c, a := t.connected(t.listener("unix/", path))
		for _, tc := range []struct {
			what string
			f    func() (Addr, error)
			path string
		}{{"c.Name", c.Name, ""}, {"c.Peer", c.Peer, path}, {"a.Peer", a.Peer, ""}, {"a.Name", a.Name, path}} {
			if got, err := tc.f(); err != nil || got.Path != tc.path || got.Family != FamilyUnix || got.Network() != "unix" {
				t.Errorf("%s: %+v, %v, want %q", tc.what, got, err, tc.path)
			}
		}
		if peer, err := c.Peer(); err != nil || peer.String() != "unix/:"+path {
			t.Errorf("%v, %v", peer, err)
		}
	}},
	{name: "C147 messages in order", run: func(t *caseT) {
		a, b, err := Pair(FamilyUnix, SeqPacket, 0)
		a, b = t.own(a, err), t.own(b, err)
		for _, text := range []string{"one", "", "three"} {
			if n, err := a.Send([]byte(text)); n != len(text) || err != nil {
				t.Errorf("Send: %d, %v", n, err)
			}
		}
		wantBytes(t, "one", nil)(b.Recv(Auto))
		_, _ = b.Recv(Auto) // an empty one can not be told from the end
		wantBytes(t, "three", nil)(b.Recv(Auto))
	}},
	{name: "C148 who has sent a unix datagram", run: func(t *caseT) {
		dir := t.TempDir()
		s, nobody, somebody := t.make(FamilyUnix, Datagram), t.make(FamilyUnix, Datagram), t.make(FamilyUnix, Datagram)
		t.must(s.Bind("unix/", filepath.Join(dir, "s")))
		path := filepath.Join(dir, "from")
		t.must(somebody.Bind("unix/", path))
		for _, from := range []*Socket{nobody, somebody} {
			_, err := from.SendTo("unix/", filepath.Join(dir, "s"), []byte("x"))
			t.must(err)
		}
		m, err := s.RecvFromWait(soon, Auto)
		if err != nil || m.From != nil {
			t.Errorf("from %v, %v, want nobody", m.From, err)
		}
		m, err = s.RecvFromWait(soon, Auto)
		if err != nil || m.From == nil || m.From.Path != path || m.From.Network() != "unixgram" {
			t.Errorf("from %v, %v, want %v", m.From, err, path)
		}
		long := make([]byte, 100<<10)
		if _, err := somebody.SendTo("unix/", filepath.Join(dir, "s"), long); err != nil {
			t.Fatal(err)
		}
		if m, err := s.RecvFromWait(soon, Auto); len(m.Data) != len(long) || m.Truncated || err != nil {
			t.Errorf("a long one: %d bytes, %v, %v", len(m.Data), m.Truncated, err)
		}
	}},
	{name: "C149 Pair", run: func(t *caseT) {
		a, b, err := Pair(FamilyUnix, Stream, 0)
		a, b = t.own(a, err), t.own(b, err)
		if n, err := a.Send([]byte("foo")); n != 3 || err != nil {
			t.Errorf("Send: %d, %v", n, err)
		}
		wantBytes(t, "foo", nil)(b.Recv(Auto))
		send(t, b, "line\n")
		wantBytes(t, "line\n", nil)(a.ReadUntil(soon, "\n"))
	}},
	{name: "C150 Pair fails", run: func(t *caseT) {
		for _, tc := range []struct {
			family, typ, protocol string
			want                  error
		}{{"AF_BOGUS", "SOCK_STREAM", "0", syscall.EINVAL}, {"AF_UNIX", "SOCK_BOGUS", "0", syscall.EINVAL},
			{"AF_UNIX", "SOCK_STREAM", "bogus", syscall.EPROTOTYPE}, {"AF_INET", "SOCK_STREAM", "tcp", syscall.EOPNOTSUPP}} {
			_, _, err := PairNamed(tc.family, tc.typ, tc.protocol)
			wantIs(t, err, tc.want)
		}
	}},
	{name: "C151 FromFD of no socket", run: func(t *caseT) {
		_, err := FromFD(1 << 20)
		wantIs(t, err, syscall.EBADF)
		f, err := os.Open(os.DevNull)
		t.must(err)
		defer f.Close()
		_, err = FromFD(int(f.Fd()))
		wantIs(t, err, syscall.ENOTSOCK)
	}},
	{name: "C152 FromFD", run: func(t *caseT) {
		fd, err := t.make(FamilyInet, Datagram).Detach()
		t.must(err)
		s, err := FromFD(fd)
		t.must(err)
		if s.Type() != Datagram || s.Family() != FamilyInet {
			t.Errorf("it is a %v of %v", s.Type(), s.Family())
		}
		fd, err = s.WithContext(t.ctx).Detach()
		t.must(err)
		s, err = FromFD(fd)
		t.must(err)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wantIs(t, s.Close(), net.ErrClosed)

		fd, err = t.make(FamilyInet, Datagram).Detach()
		t.must(err)
		s, err = FromFD(fd)
		t.must(err)
		_ = sysClose(fd) // behind its back
		wantIs(t, s.Close(), syscall.EBADF)
	}},
	{name: "C153 Detach", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "line\nrest")
		wantBytes(t, "line\n", nil)(s.ReadUntil(soon, "\n"))
		_, err := s.Detach()
		wantIs(t, err, ErrInvalid) // bytes would be lost
		wantBytes(t, "rest", nil)(s.ReadN(4, soon))
		fd, err := s.Detach()
		t.must(err)
		wantIs(t, s.Close(), net.ErrClosed)
		_, err = s.Detach()
		wantIs(t, err, net.ErrClosed)
		again := t.own(FromFD(fd))
		send(t, again, "still here")
		wantBytes(t, "still here", nil)(c.ReadN(10, soon))
	})},
	{name: "C154 closing twice", run: onPair(func(t *caseT, c, _ *Socket) {
		t.must(c.Close())
		for what, err := range map[string]error{
			"Close": c.Close(), "CloseWrite": c.CloseWrite(), "SetNoDelay": c.SetNoDelay(true),
			"Bind": c.Bind("127.0.0.1", "0"), "Listen": c.Listen(0), "SysConnect": c.SysConnect("127.0.0.1", "1"),
		} {
			if !isAny(err, net.ErrClosed) {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := c.ReadN(1, NoWait)
		wantIs(t, err, net.ErrClosed)
		_, err = c.Write([]byte("x"))
		wantIs(t, err, net.ErrClosed)
		_, err = c.Recv(Auto)
		wantIs(t, err, net.ErrClosed)
		_, err = c.Readable(0)
		wantIs(t, err, net.ErrClosed)
		_, _, err = c.Accept()
		wantIs(t, err, net.ErrClosed)
		_, err = c.Name()
		wantIs(t, err, net.ErrClosed)
		if c.FD() != -1 || !strings.HasPrefix(c.String(), "fd -1") || c.Errno() != syscall.EBADF {
			t.Errorf("FD %d, %v, %v", c.FD(), c, c.Errno())
		}
	})},
}
