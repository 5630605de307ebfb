//go:build unix

package reactor_test

import (
	"net"
	"net/netip"
	"strconv"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// loopback returns the network interface of the loopback.
func loopback(t *testing.T) *net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, ifi := range all {
		if ifi.Flags&(net.FlagLoopback|net.FlagUp) == net.FlagLoopback|net.FlagUp {
			return &ifi
		}
	}
	t.Skip("SKIPPED: this system has no loopback interface")
	return nil
}

func TestMulticastReachesItsMembers(t *testing.T) {
	ifi := loopback(t)
	for _, tt := range []struct {
		name, network, group, iface string
	}{
		{"IPv4, interface by name", "udp4", "239.1.2.3", ifi.Name},
		{"IPv4, interface by number", "udp4", "239.1.2.4", strconv.Itoa(ifi.Index)},
		{"IPv6, interface by name", "udp6", "ff02::7:1", ifi.Name},
		{"IPv6, interface in the address", "udp6", "ff02::7:2%" + ifi.Name, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			group := netip.MustParseAddr(tt.group)
			r := start(t, reactor.Config{Loops: 2})
			cfg := reactor.UDPConfig{ReuseAddr: true, MulticastInterface: ifi.Name, MulticastHops: 2}
			got := make(chan string, 10)
			h := &udpHandler{datagram: func(_ *reactor.UDP, d reactor.Datagram) { got <- string(d.Data) }}
			var members []*reactor.UDP
			address := ":0"
			for range 2 {
				u, err := r.ListenUDP(tt.network, address, cfg, h)
				if err != nil {
					t.Fatal(err)
				}
				if err := u.JoinGroup(group, tt.iface); err != nil {
					t.Skipf("SKIPPED: this system can not join %v on %s: %v", group, ifi.Name, err)
				}
				members = append(members, u)
				address = net.JoinHostPort("", strconv.Itoa(int(u.LocalAddr().Port())))
			}
			to := netip.AddrPortFrom(group, members[0].LocalAddr().Port())
			if err := members[0].SendNow([]byte("hello"), to); err != nil {
				t.Skipf("SKIPPED: this system can not send to %v on %s: %v", group, ifi.Name, err)
			}
			for range members {
				if s := <-got; s != "hello" {
					t.Errorf("got %q", s)
				}
			}
			leave(t, members, group, tt.iface, to, got)
		})
	}
}

// leave takes both members out of the group, and one of them in again.
func leave(t *testing.T, members []*reactor.UDP, group netip.Addr, iface string, to netip.AddrPort, got chan string) {
	t.Helper()
	if err := members[0].LeaveGroup(group, iface); err != nil {
		t.Error(err)
	}
	if err := members[0].LeaveGroup(group, iface); err == nil {
		t.Error("left a group twice")
	}
	if err := members[1].LeaveGroup(group, iface); err != nil {
		t.Error(err)
	}
	if err := members[1].SendNow([]byte("is anybody left?"), to); err != nil {
		t.Error(err)
	}
	if err := members[0].JoinGroup(group, iface); err != nil {
		t.Error(err)
	}
	if err := members[1].SendNow([]byte("again"), to); err != nil {
		t.Error(err)
	}
	if s := <-got; s != "again" {
		t.Errorf("got %q after everybody had left", s)
	}
}

func TestJoinGroupErrors(t *testing.T) {
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
	if err := u.JoinGroup(netip.MustParseAddr("127.0.0.1"), ""); err == nil {
		t.Error("joined an address that is none of a group")
	}
	if err := u.JoinGroup(netip.MustParseAddr("239.1.2.3"), "no such interface"); err == nil {
		t.Error("joined on an interface that is not there")
	}
}
