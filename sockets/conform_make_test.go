package sockets

import (
	"strconv"
	"syscall"
)

var constructionCases = []conformance{
	{name: "C001 a new socket does not block", run: func(t *caseT) {
		s := t.own(NewNamed("AF_INET", "SOCK_STREAM", "tcp"))
		if on, err := s.Nonblock(); !on || err != nil {
			t.Errorf("Nonblock: %v, %v", on, err)
		}
		if !closedOnExec(s.FD()) {
			t.Error("a child process inherits it")
		}
	}},
	{name: "C002 an unknown protocol", run: func(t *caseT) {
		_, err := NewNamed("PF_INET", "SOCK_STREAM", "tcp121222")
		wantIs(t, err, ErrInvalid, syscall.EINVAL, syscall.EPROTOTYPE)
	}},
	{name: "C003 an unknown family or type", run: func(t *caseT) {
		_, err := NewNamed("AF_BOGUS", "SOCK_STREAM", "tcp")
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
		_, err = NewNamed("AF_INET", "SOCK_BOGUS", "tcp")
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
	}},
	{name: "C004 a protocol that does not go with the rest", run: func(t *caseT) {
		_, err := NewNamed("AF_UNIX", "SOCK_STREAM", "tcp")
		wantIs(t, err, syscall.EPROTONOSUPPORT)
		_, err = NewNamed("AF_INET", "SOCK_STREAM", "udp")
		wantIs(t, err, syscall.EPROTONOSUPPORT)
		_, err = New(999, Stream, 0)
		wantIs(t, err, syscall.EAFNOSUPPORT)
	}},
	{name: "C006 the text of a fresh socket", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		if want := "fd " + strconv.Itoa(s.FD()) + ", aka 0.0.0.0:0"; s.String() != want {
			t.Errorf("String is %q, want %q", s, want)
		}
	}},
	{name: "C007 the name of a fresh socket", run: func(t *caseT) {
		a, err := t.own(New(FamilyInet, Stream, ProtocolTCP)).Name()
		if err != nil || a.Host() != "0.0.0.0" || a.Port != 0 || a.Family != FamilyInet || a.Type != Stream ||
			a.Protocol != ProtocolTCP || a.Protocol.String() != "tcp" {
			t.Errorf("Name: %+v, %v", a, err)
		}
	}},
	{name: "C008 the peer of a fresh socket", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		_, err := s.Peer()
		wantIs(t, err, syscall.ENOTCONN)
		if s.Errno() != syscall.ENOTCONN || s.LastError() != err {
			t.Errorf("Errno %v, LastError %v", s.Errno(), s.LastError())
		}
		if _, err := s.Name(); err != nil || s.Errno() != 0 || s.LastError() != nil {
			t.Errorf("after a success: Errno %v, LastError %v", s.Errno(), s.LastError())
		}
	}},
}
