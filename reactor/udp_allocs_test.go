//go:build linux && !race

package reactor_test

import (
	"net"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// TestUDPEchoAllocatesNothing counts what the whole process allocates, the
// standard library's client among it. The race detector makes pools forget.
func TestUDPEchoAllocatesNothing(t *testing.T) {
	for _, network := range []string{"udp4", "udp6"} {
		t.Run(network, func(t *testing.T) {
			host := map[string]string{"udp4": "127.0.0.1", "udp6": "::1"}[network]
			r := start(t, reactor.Config{Loops: 1})
			u, err := r.ListenUDP(network, net.JoinHostPort(host, "0"), reactor.UDPConfig{}, udpEcho{})
			if err != nil {
				t.Fatal(err)
			}
			c, p := dialUDP(t, u.LocalAddr()), make([]byte, 64)
			allocs := testing.AllocsPerRun(2000, func() {
				for range 10 {
					_, _ = c.Write(p)
				}
				for range 10 {
					if _, err := c.Read(p); err != nil {
						t.Fatal(err)
					}
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations for 10 datagrams and back", allocs)
			}
		})
	}
}

func TestUDPSendNowAllocatesNothing(t *testing.T) {
	sink := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
	p, to := make([]byte, 64), sink.LocalAddr()
	if allocs := testing.AllocsPerRun(2000, func() { _ = u.SendNow(p, to) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
