//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// nobody returns an address of the loopback where nobody listens.
func nobody(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestRefusedPeerIsReportedAndLivesOn(t *testing.T) {
	refused, got := make(chan error, 100), make(chan string, 1)
	addr := nobody(t)
	r := start(t, reactor.Config{Loops: 1})
	h := &udpHandler{
		datagram: func(_ *reactor.UDP, d reactor.Datagram) { got <- string(d.Data) },
		fail:     func(_ *reactor.UDP, err error) { refused <- err },
	}
	u, err := r.DialUDP(t.Context(), "udp", addr.String(), reactor.UDPConfig{}, h)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Send([]byte("is anybody there?"), netip.AddrPort{}); err != nil {
		t.Fatal(err)
	}
	err = <-refused
	var op *net.OpError
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &op) || op.Addr.String() != addr.String() {
		t.Errorf("OnError got %v", err)
	}
	if _, err := start(t, reactor.Config{Loops: 1}).ListenUDP("udp4", addr.String(), reactor.UDPConfig{}, udpEcho{}); err != nil {
		t.Fatal(err)
	}
	if err := u.Send([]byte("hello"), netip.AddrPort{}); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "hello" {
		t.Errorf("got %q", s)
	}
}

func TestDatagramsNoKernelTakes(t *testing.T) {
	u4 := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
	peer := nobody(t)
	for name, tt := range map[string]struct {
		size int
		to   netip.AddrPort
		want error
	}{
		"too long":     {65536, peer, syscall.EMSGSIZE},
		"no address":   {1, netip.AddrPort{}, syscall.EDESTADDRREQ},
		"other family": {1, netip.MustParseAddrPort("[::1]:9"), syscall.EAFNOSUPPORT},
	} {
		for _, send := range []func([]byte, netip.AddrPort) error{u4.Send, u4.SendNow} {
			var op *net.OpError
			if err := send(make([]byte, tt.size), tt.to); !errors.Is(err, tt.want) || !errors.As(err, &op) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestOneBadDatagramLeavesTheOthers(t *testing.T) {
	failed := make(chan error, 100)
	got := make(chan int, 1000)
	sink := listenUDP(t, reactor.UDPConfig{}, &udpHandler{datagram: func(_ *reactor.UDP, d reactor.Datagram) { got <- len(d.Data) }})
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{fail: func(_ *reactor.UDP, err error) { failed <- err }})
	_ = u.Loop().Post(func() { // they leave together
		for i := range 100 {
			size := i
			if i%10 == 0 {
				size = 65508 + i/10 // more than IPv4 carries
			}
			if err := u.Send(make([]byte, size), sink.LocalAddr()); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 100 {
		if i%10 == 0 {
			if err := <-failed; !errors.Is(err, syscall.EMSGSIZE) {
				t.Errorf("OnError got %v", err)
			}
		} else if n := <-got; n != i {
			t.Errorf("a datagram of %d bytes, want %d", n, i)
		}
	}
	reactortest.Eventually(t, func() bool { return u.Queued() == 0 }, "the queue to be empty")
	if err := u.SendNow(make([]byte, 65508), sink.LocalAddr()); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("SendNow: %v", err)
	}
}

func TestBroadcastNeedsItsOption(t *testing.T) {
	to := netip.MustParseAddrPort("255.255.255.255:9")
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
	if err := u.SendNow([]byte("x"), to); !errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("without: %v", err)
	}
	u = listenUDP(t, reactor.UDPConfig{Broadcast: true}, &udpHandler{})
	if err := u.SendNow([]byte("x"), to); errors.Is(err, syscall.EACCES) {
		t.Errorf("with: %v", err)
	}
}

func TestFullSendQueueIsAnError(t *testing.T) {
	sink := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
	u := listenUDP(t, reactor.UDPConfig{SendQueue: 10 * (64 + 1000)}, &udpHandler{})
	full := make(chan int, 1)
	_ = u.Loop().Post(func() {
		for n := 0; ; n++ {
			if err := u.Send(make([]byte, 1000), sink.LocalAddr()); err != nil {
				if !errors.Is(err, reactor.ErrQueueFull) {
					t.Error(err)
				}
				full <- n
				return
			}
		}
	})
	if n := <-full; n != 10 {
		t.Errorf("%d datagrams were taken, want 10", n)
	}
	reactortest.Eventually(t, func() bool { return u.Queued() == 0 }, "the queue to leave")
	if err := u.Send(make([]byte, 1000), sink.LocalAddr()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestSendQueueWaitsForTheKernel gives the socket the smallest send buffer
// there is, so that EAGAIN may come and go.
func TestSendQueueWaitsForTheKernel(t *testing.T) {
	got := make(chan int, 10_000)
	sink := listenUDP(t, reactor.UDPConfig{ReceiveBuffer: 4 << 20}, &udpHandler{datagram: func(_ *reactor.UDP, d reactor.Datagram) { got <- len(d.Data) }})
	u := listenUDP(t, reactor.UDPConfig{SendBuffer: 1}, &udpHandler{fail: func(_ *reactor.UDP, err error) { t.Error(err) }})
	for range 300 {
		_ = u.Loop().Post(func() {
			for range 20 {
				if err := u.Send(make([]byte, 1000), sink.LocalAddr()); err != nil {
					t.Error(err)
				}
			}
		})
		for range 20 {
			<-got
		}
	}
}

func TestUDPListenErrors(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	no := errors.New("no")
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
	taken := u.LocalAddr().String()
	for name, tt := range map[string]struct {
		network, address string
		cfg              reactor.UDPConfig
		want             error // nil: any
	}{
		"taken port":        {"udp4", taken, reactor.UDPConfig{}, syscall.EADDRINUSE},
		"foreign address":   {"udp", "8.8.8.8:0", reactor.UDPConfig{}, syscall.EADDRNOTAVAIL},
		"network":           {"tcp", "127.0.0.1:0", reactor.UDPConfig{}, net.UnknownNetworkError("tcp")},
		"family":            {"udp6", "127.0.0.1:0", reactor.UDPConfig{}, nil},
		"no port":           {"udp", "127.0.0.1", reactor.UDPConfig{}, nil},
		"large port":        {"udp", "127.0.0.1:70000", reactor.UDPConfig{}, nil},
		"MaxDatagram":       {"udp", "127.0.0.1:0", reactor.UDPConfig{MaxDatagram: 65536}, nil},
		"SendQueue":         {"udp", "127.0.0.1:0", reactor.UDPConfig{SendQueue: -1}, nil},
		"unknown interface": {"udp", "127.0.0.1:0", reactor.UDPConfig{MulticastInterface: "nope"}, nil},
		"Prepare":           {"udp", "127.0.0.1:0", reactor.UDPConfig{Prepare: func(int) error { return no }}, no},
		"remote's family": {"udp", "127.0.0.1:0", reactor.UDPConfig{Remote: netip.MustParseAddrPort("[::1]:9")},
			syscall.EAFNOSUPPORT},
	} {
		_, err := r.ListenUDP(tt.network, tt.address, tt.cfg, &udpHandler{})
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.DialUDP(context.Background(), "udp", taken, reactor.UDPConfig{Remote: u.LocalAddr()}, &udpHandler{}); err == nil {
		t.Error("DialUDP took UDPConfig.Remote")
	}
}

func TestNamesAreNotLookedUpOnTheLoop(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	errs := make(chan error, 2)
	_ = r.Loop(0).Post(func() {
		_, err := r.DialUDP(context.Background(), "udp", "localhost:9", reactor.UDPConfig{}, &udpHandler{})
		errs <- err
		_, err = r.DialUDP(context.Background(), "udp", "127.0.0.1:9", reactor.UDPConfig{}, &udpHandler{})
		errs <- err
	})
	if err := <-errs; !errors.Is(err, reactor.ErrOnLoop) {
		t.Errorf("a name: %v", err)
	}
	if err := <-errs; err != nil {
		t.Errorf("a number: %v", err)
	}
}

func TestPanicEndsTheSocketAndNotTheLoop(t *testing.T) {
	boom, closed := errors.New("boom"), make(chan error, 2)
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{
		datagram: func(*reactor.UDP, reactor.Datagram) { panic(boom) },
		close:    func(_ *reactor.UDP, err error) { closed <- err },
	})
	c := dialUDP(t, u.LocalAddr())
	for range 10 {
		_, _ = c.Write([]byte("x"))
		runtime.Gosched()
	}
	var p *reactor.PanicError
	if err := <-closed; !errors.As(err, &p) || !errors.Is(err, boom) {
		t.Errorf("OnClose got %v", err)
	}
	<-u.Closed()
	alive := make(chan struct{})
	if err := u.Loop().Post(func() { close(alive) }); err != nil {
		t.Fatal(err)
	}
	<-alive
	if err := u.Send(nil, u.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send afterwards returned %v", err)
	}
	if len(closed) != 0 {
		t.Error("OnClose was called twice")
	}
}
