package sockets

import (
	"math"
	"strings"
	"syscall"
	"time"
)

// wantOption fails unless an option has a value.
func wantOption(t *caseT, s *Socket, level, name string, want any) {
	t.Helper()
	if got, err := s.Option(level, name); got != want || err != nil {
		t.Errorf("%s is %v (%T), %v, want %v", name, got, got, err, want)
	}
}

var optionCases = []conformance{
	{name: "C105 SO_REUSEADDR", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		for _, tc := range []struct {
			set  any
			want int
		}{{true, 1}, {false, 0}, {1, 1}} {
			t.must(s.SetOption("SOL_SOCKET", "SO_REUSEADDR", tc.set))
			wantOption(t, s, "SOL_SOCKET", "SO_REUSEADDR", tc.want)
		}
	}},
	{name: "C106 the names of a level", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		for i, level := range []string{"IPPROTO_TCP", "SOL_TCP", "tcp", "6"} {
			t.must(s.SetOption(level, "TCP_NODELAY", i%2 == 0))
			wantOption(t, s, level, "TCP_NODELAY", 1-i%2)
		}
	}},
	{name: "C107 SO_TYPE and SO_ACCEPTCONN", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		wantOption(t, s, "socket", "SO_TYPE", 1)
		wantOption(t, s, "socket", "SO_ACCEPTCONN", 0)
		t.must(s.Listen(0))
		wantOption(t, s, "socket", "SO_ACCEPTCONN", 1)
	}},
	{name: "C108 a read-only option", run: func(t *caseT) {
		err := t.make(FamilyInet, Stream).SetOption("SOL_SOCKET", "SO_ACCEPTCONN", 1)
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
		if !strings.Contains(err.Error(), "read only") {
			t.Error(err)
		}
	}},
	{name: "C109 an unknown level", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		wantIs(t, s.SetOption("bogus", "SO_REUSEADDR", 1), ErrInvalid, syscall.EPROTOTYPE)
		_, err := s.Option("bogus", "SO_REUSEADDR")
		wantIs(t, err, ErrInvalid, syscall.EPROTOTYPE)
		wantIs(t, s.SetOption("", "SO_REUSEADDR", 1), ErrInvalid, syscall.EINVAL)
	}},
	{name: "C110 the size of the receive buffer", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		t.must(s.SetOption("socket", "SO_RCVBUF", 65536))
		if n, err := s.Option("socket", "SO_RCVBUF"); err != nil || n.(int) < 65536 {
			t.Errorf("%v, %v", n, err)
		}
		wantIs(t, s.SetRecvBuffer(-1), ErrInvalid)
	}},
	{name: "C111 an unknown option, or one of another level", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		wantIs(t, s.SetOption("socket", "SO_BOGUS", 1), ErrInvalid, syscall.ENOPROTOOPT)
		wantIs(t, s.SetOption("socket", "TCP_NODELAY", 1), ErrInvalid, syscall.ENOPROTOOPT)
		_, err := s.Option("tcp", "")
		wantIs(t, err, ErrInvalid, syscall.ENOPROTOOPT)
	}},
	{name: "C112 a value that does not fit", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		for _, v := range []any{"1", nil, 1.5, time.Second} {
			wantIs(t, s.SetOption("socket", "SO_REUSEADDR", v), ErrInvalid, syscall.EINVAL)
		}
		if math.MaxInt > math.MaxInt32 {
			wantIs(t, s.SetOption("socket", "SO_REUSEADDR", math.MaxInt), ErrInvalid, syscall.EINVAL)
		}
		for _, v := range []any{5, -time.Second, nil} {
			wantIs(t, s.SetOption("socket", "SO_RCVTIMEO", v), ErrInvalid, syscall.EINVAL)
		}
		t.must(s.SetOption("socket", "SO_RCVTIMEO", 1500*time.Millisecond))
		if d, err := s.Option("socket", "SO_RCVTIMEO"); err != nil || d.(time.Duration).Round(100*time.Millisecond) != 1500*time.Millisecond {
			t.Errorf("SO_RCVTIMEO is %v, %v", d, err)
		}
	}},
	{name: "C113 the outcome of a connect", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		err := s.SysConnect("127.0.0.1", freePort(t))
		if !isAny(err, syscall.EINPROGRESS, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		if !isAny(err, syscall.EINPROGRESS) {
			return // told at once
		}
		wantReady(t, true)(s.Writable(soon))
		wantOption(t, s, "socket", "SO_ERROR", syscall.ECONNREFUSED)
		wantOption(t, s, "socket", "SO_ERROR", syscall.Errno(0))
	}},
	{name: "C114 Linger", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		want := func(on bool, d time.Duration) {
			t.Helper()
			if gotOn, got, err := s.Linger(); gotOn != on || got != d || err != nil {
				t.Errorf("Linger: %v, %v, %v, want %v, %v", gotOn, got, err, on, d)
			}
		}
		want(false, 0)
		t.must(s.SetLinger(true, time.Second))
		want(true, time.Second)
		t.must(s.SetLinger(false, time.Second))
		want(false, time.Second)
		wantIs(t, s.SetLinger(true, -time.Second), ErrInvalid)
	}},
	{name: "C115 Nonblock", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		for _, on := range []bool{false, true} {
			t.must(s.SetNonblock(on))
			if got, err := s.Nonblock(); got != on || err != nil {
				t.Errorf("Nonblock: %v, %v, want %v", got, err, on)
			}
		}
	}},
	{name: "C116 options of every level", run: func(t *caseT) {
		u, six := t.make(FamilyInet, Datagram), t.make(FamilyInet6, Stream)
		t.must(u.SetOption("ip", "IP_TTL", 7))
		wantOption(t, u, "ip", "IP_TTL", 7)
		t.must(six.SetOption("ipv6", "IPV6_V6ONLY", true))
		wantOption(t, six, "ipv6", "IPV6_V6ONLY", 1)
		t.must(six.SetKeepAlive(7*time.Second, 3*time.Second, 4))
		wantOption(t, six, "socket", "SO_KEEPALIVE", 1)
		wantIs(t, six.SetKeepAlive(time.Millisecond, 0, 0), ErrInvalid)
		if errno, err := six.PendingError(); errno != 0 || err != nil {
			t.Errorf("PendingError: %v, %v", errno, err)
		}
		t.must(u.SetOptionInt(syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1))
		if n, err := u.OptionInt(syscall.SOL_SOCKET, syscall.SO_BROADCAST); n == 0 || err != nil {
			t.Errorf("OptionInt: %d, %v", n, err)
		}
	}},
}
