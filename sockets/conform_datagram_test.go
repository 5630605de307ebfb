package sockets

import (
	"bytes"
	"os"
	"syscall"
)

var datagramCases = []conformance{
	{name: "C087 a datagram there and back", run: func(t *caseT) {
		a, b, port := t.packets()
		if n, err := b.SendTo("127.0.0.1", port, []byte("Hello, world")); n != 12 || err != nil {
			t.Fatalf("SendTo: %d, %v", n, err)
		}
		wantReady(t, true)(a.Readable(soon))
		m, err := a.RecvFrom(Auto)
		wantBytes(t, "Hello, world", nil)(m.Data, err)
		if m.From == nil || m.From.Service() != portOfSocket(t, b) || m.From.Network() != "udp" {
			t.Fatalf("from %v", m.From)
		}
		if _, err := a.SendToAddr(*m.From, []byte("back")); err != nil {
			t.Error(err)
		}
		wantReady(t, true)(b.Readable(soon))
		wantBytes(t, "back", nil)(b.Recv(Auto))
	}},
	{name: "C088 no datagram", run: func(t *caseT) {
		a, _, _ := t.packets()
		_, err := a.RecvFrom(Auto)
		wantIs(t, err, ErrWouldBlock, syscall.EAGAIN)
		_, err = a.Recv(512)
		wantIs(t, err, ErrWouldBlock, syscall.EAGAIN)
		_, err = a.RecvFromWait(short, Auto)
		wantTimeout(t, err)
	}},
	{name: "C089 an empty datagram", run: func(t *caseT) {
		a, b, port := t.packets()
		t.must(b.SysConnect("127.0.0.1", port))
		for range 2 {
			if n, err := b.Send(nil); n != 0 || err != nil {
				t.Errorf("Send: %d, %v", n, err)
			}
		}
		wantReady(t, true)(a.Readable(soon))
		wantBytes(t, "", nil)(a.Recv(Auto))
		m, err := a.RecvFromWait(soon, Auto)
		wantBytes(t, "", nil)(m.Data, err)
		if m.From == nil || m.Data == nil || m.Truncated {
			t.Errorf("got %+v", m)
		}
	}},
	{name: "C090 SendTo sends an empty datagram", run: func(t *caseT) {
		a, b, port := t.packets()
		if n, err := b.SendTo("127.0.0.1", port, nil); n != 0 || err != nil {
			t.Errorf("SendTo: %d, %v", n, err)
		}
		m, err := a.RecvFromWait(soon, Auto)
		wantBytes(t, "", nil)(m.Data, err)
	}},
	{name: "C091 a datagram comes whole", run: func(t *caseT) {
		a, b, port := t.packets()
		for range 2 {
			_, err := b.SendTo("127.0.0.1", port, make([]byte, 1025))
			t.must(err)
		}
		wantReady(t, true)(a.Readable(soon))
		if got, err := a.Recv(Auto); len(got) != 1025 || err != nil {
			t.Errorf("Recv: %d bytes, %v", len(got), err)
		}
		if m, err := a.RecvFromWait(soon, Auto); len(m.Data) != 1025 || m.Truncated || err != nil {
			t.Errorf("RecvFrom: %d bytes, %v, %v", len(m.Data), m.Truncated, err)
		}
	}},
	{name: "C092 a datagram is cut", run: func(t *caseT) {
		a, b, port := t.packets()
		for _, c := range []string{"x", "y"} {
			_, err := b.SendTo("127.0.0.1", port, bytes.Repeat([]byte(c), 1025))
			t.must(err)
		}
		for _, c := range []string{"x", "y"} {
			m, err := a.RecvFromWait(soon, 512)
			wantBytes(t, string(bytes.Repeat([]byte(c), 512)), nil)(m.Data, err)
			if !m.Truncated {
				t.Error("it does not say so")
			}
		}
	}},
	{name: "C093 a datagram that is too long", run: func(t *caseT) {
		_, b, port := t.packets()
		_, err := b.SendTo("127.0.0.1", port, make([]byte, 65508))
		wantIs(t, err, syscall.EMSGSIZE)
	}},
	{name: "C094 the longest datagram", run: func(t *caseT) {
		a, b, port := t.packets()
		data := bytes.Repeat([]byte("01234567"), 8189)[:65507]
		if n, err := b.SendTo("127.0.0.1", port, data); n != len(data) || err != nil {
			t.Fatalf("SendTo: %d, %v", n, err)
		}
		m, err := a.RecvFromWait(soon, Auto)
		if !bytes.Equal(m.Data, data) || err != nil || m.Truncated {
			t.Errorf("%d bytes, %v", len(m.Data), err)
		}
	}},
	{name: "C095 SendTo takes no names", run: func(t *caseT) {
		_, b, port := t.packets()
		_, err := b.SendTo("localhost", port, []byte("x"))
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
	}},
	{name: "C096 port 0 and ports out of range", run: func(t *caseT) {
		_, b, _ := t.packets()
		_, err := b.SendTo("127.0.0.1", "0", []byte("x"))
		wantIs(t, err, syscall.EINVAL)
		_, err = b.SendTo("127.0.0.1", "70000", []byte("x"))
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
	}},
	{name: "C097 an address of another family", run: func(t *caseT) {
		_, b, port := t.packets()
		_, err := b.SendTo("::1", port, []byte("x"))
		wantIs(t, err, syscall.EAFNOSUPPORT)
	}},
	{name: "C098 broadcast must be asked for", run: func(t *caseT) {
		b := t.make(FamilyInet, Datagram)
		_, err := b.SendTo("127.255.255.255", "3301", []byte("x"))
		wantIs(t, err, syscall.EACCES, os.ErrPermission)
		t.must(b.SetBroadcast(true))
		if _, err := b.SendTo("127.255.255.255", "3301", []byte("x")); err != nil {
			t.Error(err)
		}
	}},
	{name: "C099 Send without a peer", run: func(t *caseT) {
		_, b, _ := t.packets()
		_, err := b.Send([]byte("x"))
		wantIs(t, err, syscall.EDESTADDRREQ)
	}},
	{name: "C100 a refused datagram is told of once", run: func(t *caseT) {
		b := t.make(FamilyInet, Datagram)
		t.must(b.SysConnect("127.0.0.1", freePort(t)))
		_, err := b.Send([]byte("x"))
		t.must(err)
		wantReady(t, true)(b.Readable(soon))
		_, err = b.Recv(Auto)
		wantIs(t, err, syscall.ECONNREFUSED)
		_, err = b.Recv(Auto)
		wantIs(t, err, ErrWouldBlock)
	}},
	{name: "C101 a connected socket hears its peer alone", run: func(t *caseT) {
		s1, s2, port1 := t.packets()
		c := t.make(FamilyInet, Datagram)
		t.must(c.SysConnect("127.0.0.1", port1))
		port := portOfSocket(t, c)
		_, err := s2.SendTo("127.0.0.1", port, []byte("from s2"))
		if !isAny(err, nil, syscall.ECONNREFUSED) {
			t.Error(err)
		}
		_, err = s1.SendTo("127.0.0.1", port, []byte("from s1"))
		t.must(err)
		wantReady(t, true)(c.Readable(soon))
		wantBytes(t, "from s1", nil)(c.Recv(Auto))
		_, err = c.Recv(Auto)
		wantIs(t, err, ErrWouldBlock)
	}},
	{name: "C102 receiving 0 bytes drops a datagram", run: func(t *caseT) {
		a, b, port := t.packets()
		_, err := b.SendTo("127.0.0.1", port, []byte("gone"))
		t.must(err)
		m, err := a.RecvFromWait(soon, 0)
		wantBytes(t, "", nil)(m.Data, err)
		if m.From == nil || !m.Truncated {
			t.Errorf("got %+v", m)
		}
		_, err = a.Recv(Auto)
		wantIs(t, err, ErrWouldBlock)
	}},
	{name: "C103 RecvFrom waits when it may block", run: func(t *caseT) {
		a, b, port := t.packets()
		t.must(a.SetNonblock(false))
		wait := t.spawn(func(t *caseT) {
			t.sleep(short)
			_, _ = b.WithContext(t.ctx).SendTo("127.0.0.1", port, []byte("late"))
		})
		m, err := a.RecvFrom(Auto)
		wantBytes(t, "late", nil)(m.Data, err)
		wait()
	}},
	{name: "C104 RecvFrom of a stream", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, string(make([]byte, 513)))
		t.arrived(s, 513)
		for _, want := range []int{512, 1} {
			if m, err := s.RecvFrom(Auto); len(m.Data) != want || m.From != nil || err != nil {
				t.Errorf("%d bytes from %v, %v, want %d", len(m.Data), m.From, err, want)
			}
		}
	})},
}
