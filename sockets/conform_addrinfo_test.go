package sockets

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
)

func hostsOf(addrs []Addr) (hosts []string) {
	for _, a := range addrs {
		hosts = append(hosts, a.Host())
	}
	return hosts
}

var addrinfoCases = []conformance{
	{name: "C155 a host and a service", run: func(t *caseT) {
		addrs, err := GetAddrInfo(t.ctx, "localhost", "http", &Hints{Type: Stream, Protocol: ProtocolTCP})
		t.must(err)
		for _, a := range addrs {
			if !a.IP.IsLoopback() || a.Port != 80 || a.Type != Stream || a.Protocol != ProtocolTCP {
				t.Errorf("found %+v", a)
			}
		}
	}},
	{name: "C156 numbers only", run: func(t *caseT) {
		addrs, err := GetAddrInfo(t.ctx, "127.0.0.1", "80", &Hints{Type: Datagram, Flags: AINumericHost | AINumericServ})
		if err != nil || len(addrs) != 1 || addrs[0].Network() != "udp" || addrs[0].String() != "127.0.0.1:80" {
			t.Errorf("%+v, %v", addrs, err)
		}
		addrs, err = GetAddrInfo(t.ctx, "127.0.0.1", "80", nil)
		if err != nil || len(addrs) != 3 || addrs[0].Type != Stream || addrs[1].Type != Datagram || addrs[2].Type != Raw {
			t.Errorf("%+v, %v", addrs, err)
		}
	}},
	{name: "C157 unknown hints", run: func(t *caseT) {
		_, err := ParseFamily("WRONG")
		wantIs(t, err, syscall.EINVAL)
		_, err = ParseType("WRONG")
		wantIs(t, err, syscall.EINVAL)
		_, err = ParseAddrFlags("WRONG")
		wantIs(t, err, syscall.EINVAL)
		_, err = ParseProtocol("WRONG")
		wantIs(t, err, syscall.EPROTOTYPE)
		for _, h := range []Hints{{Family: 999}, {Flags: 1 << 20}, {Type: Stream, Protocol: ProtocolUDP}} {
			_, err = GetAddrInfo(t.ctx, "127.0.0.1", "80", &h)
			wantIs(t, err, ErrInvalid)
		}
	}},
	{name: "C158 what is not found", run: func(t *caseT) {
		for _, q := range []struct {
			host, service string
			hints         Hints
		}{{"no-such-host.invalid", "80", Hints{}}, {"127.0.0.1", "no-such-service", Hints{}},
			{"localhost", "80", Hints{Flags: AINumericHost}}, {"127.0.0.1", "http", Hints{Flags: AINumericServ}},
			{"::1", "80", Hints{Family: FamilyInet}}} {
			_, err := GetAddrInfo(t.ctx, q.host, q.service, &q.hints)
			var dns *net.DNSError
			if !errors.As(err, &dns) {
				t.Errorf("%+v: %v", q, err)
			}
		}
		_, err := GetAddrInfo(t.ctx, "127.0.0.1", "70000", nil)
		wantIs(t, err, ErrInvalid)
		ctx, cancel := context.WithCancel(t.ctx)
		cancel()
		_, err = GetAddrInfo(ctx, "localhost", "80", nil)
		wantIs(t, err, context.Canceled)
	}},
	{name: "C159 no host", run: func(t *caseT) {
		h := Hints{Type: Stream, Protocol: ProtocolTCP}
		addrs, err := GetAddrInfo(t.ctx, "", "80", &h)
		if got := hostsOf(addrs); err != nil || !slices.Equal(got, []string{"::1", "127.0.0.1"}) {
			t.Errorf("%v, %v", got, err)
		}
		h.Flags = AIPassive
		addrs, err = GetAddrInfo(t.ctx, "", "80", &h)
		if got := hostsOf(addrs); err != nil || !slices.Equal(got, []string{"0.0.0.0", "::"}) {
			t.Errorf("passive: %v, %v", got, err)
		}
	}},
	{name: "C160 mapped addresses and official names", run: func(t *caseT) {
		addrs, err := GetAddrInfo(t.ctx, "127.0.0.1", "80", &Hints{Family: FamilyInet6, Type: Stream, Flags: AIV4Mapped})
		if got := hostsOf(addrs); err != nil || !slices.Equal(got, []string{"::ffff:127.0.0.1"}) {
			t.Errorf("%v, %v", got, err)
		}
		addrs, err = GetAddrInfo(t.ctx, "localhost", "80", &Hints{Flags: AICanonName})
		if err != nil || addrs[0].CanonName == "" {
			t.Errorf("%+v, %v", addrs, err)
		}
	}},
}
