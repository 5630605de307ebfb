package sockets

import (
	"errors"
	"syscall"
	"time"
)

var bindCases = []conformance{
	{name: "C009 Bind chooses a port", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		t.must(s.Bind("127.0.0.1", "0"))
		if a, err := s.Name(); a.Port == 0 || err != nil || addrOf(s.LocalAddr()).Port != a.Port {
			t.Errorf("Name: %v, %v, LocalAddr: %v", a, err, s.LocalAddr())
		}
	}},
	{name: "C010 host 0 is every address", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		t.must(s.Bind("0", "0"))
		if a, err := s.Name(); a.Host() != "0.0.0.0" || err != nil {
			t.Errorf("Name: %v, %v", a, err)
		}
	}},
	{name: "C011 Bind twice", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		t.must(s.Bind("127.0.0.1", "0"))
		wantIs(t, s.Bind("127.0.0.1", "0"), syscall.EINVAL)
	}},
	{name: "C012 a port that is taken", run: func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		wantIs(t, t.make(FamilyInet, Stream).Bind("127.0.0.1", addrOf(ln.Addr()).Service()), syscall.EADDRINUSE)
	}},
	{name: "C013 a foreign address", run: func(t *caseT) {
		wantIs(t, t.make(FamilyInet, Stream).Bind("8.8.8.8", "0"), syscall.EADDRNOTAVAIL)
	}},
	{name: "C014 an address of another family", run: func(t *caseT) {
		wantIs(t, t.make(FamilyInet, Stream).Bind("::1", "0"), syscall.EAFNOSUPPORT)
		wantIs(t, t.make(FamilyInet, Stream).Bind("unix/", "x.sock"), syscall.EAFNOSUPPORT)
	}},
	{name: "C015 bad arguments of Bind are refused", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		for _, a := range [][2]string{{"localhost", "0"}, {"", "0"}, {"[::1]", "0"}, {"256.1.1.1", "0"},
			{"127.0.0.1", "70000"}, {"127.0.0.1", "-1"}, {"127.0.0.1", "no-such-service"}, {"unix/", ""}} {
			wantIs(t, s.Bind(a[0], a[1]), ErrInvalid, syscall.EINVAL)
		}
	}},
	{name: "C016 Listen without Bind", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		t.must(s.Listen(0))
		if a, err := s.Name(); a.Host() != "0.0.0.0" || a.Port == 0 || err != nil {
			t.Errorf("Name: %v, %v", a, err)
		}
		t.must(s.Listen(5)) // again is allowed
	}},
	{name: "C017 Listen on datagrams", run: func(t *caseT) {
		err := t.make(FamilyInet, Datagram).Listen(0)
		wantIs(t, err, syscall.EOPNOTSUPP, errors.ErrUnsupported)
	}},
	{name: "C018 Accept with nobody there", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		t.must(s.Listen(0))
		begin := time.Now()
		_, _, err := s.Accept()
		wantIs(t, err, ErrWouldBlock, syscall.EAGAIN)
		wantElapsed(t, begin, 0)
		begin = time.Now()
		_, _, err = s.AcceptWait(short)
		wantTimeout(t, err)
		wantElapsed(t, begin, short)
	}},
	{name: "C019 Accept on what does not listen", run: func(t *caseT) {
		_, _, err := t.make(FamilyInet, Stream).Accept()
		wantIs(t, err, syscall.EINVAL)
		c, _ := t.pair()
		_, _, err = c.Accept()
		wantIs(t, err, syscall.EINVAL)
	}},
	{name: "C020 what Accept returns", run: func(t *caseT) {
		l := t.make(FamilyInet, Stream)
		t.must(l.Bind("127.0.0.1", "0"))
		t.must(l.Listen(5))
		c := t.own(ConnectContext(t.ctx, "127.0.0.1", portOfSocket(t, l)))
		wantReady(t, true)(l.Readable(soon))
		a, from, err := l.Accept()
		a = t.own(a, err)
		if from.Service() != portOfSocket(t, c) || from.Host() != "127.0.0.1" || from.Family != FamilyInet {
			t.Errorf("from %v, the client is %v", from, c)
		}
		if on, err := a.Nonblock(); !on || err != nil {
			t.Errorf("Nonblock: %v, %v", on, err)
		}
		send(t, c, "x")
		wantBytes(t, "x", nil)(a.ReadN(1, soon))
	}},
	{name: "C021 Accept waits when it may block", run: func(t *caseT) {
		l := t.make(FamilyInet, Stream)
		t.must(l.Bind("127.0.0.1", "0"))
		t.must(l.Listen(5))
		t.must(l.SetNonblock(false))
		port := portOfSocket(t, l)
		wait := t.spawn(func(t *caseT) {
			t.sleep(short)
			_ = t.own(ConnectContext(t.ctx, "127.0.0.1", port))
		})
		a, _, err := l.Accept()
		t.own(a, err)
		wait()
	}},
}
