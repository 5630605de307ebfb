//go:build unix

package reactor

import (
	"net"
	"net/netip"
	"syscall"
	"testing"
)

// sized is a UDPHandler that tells how long the datagrams are.
type sized chan int

func (s sized) OnDatagram(_ *UDP, d Datagram) { s <- len(d.Data) }
func (sized) OnClose(*UDP, error)             {}

// TestBlockedQueueLeavesOnTheWritableEdge pretends that the kernel took no
// more: the loopback takes everything.
func TestBlockedQueueLeavesOnTheWritableEdge(t *testing.T) {
	r, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := make(sized, 100)
	u, err := r.ListenUDP("udp4", "127.0.0.1:0", UDPConfig{}, got)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 100 {
		_ = u.loop.Post(func() {
			u.block()
			_ = u.Send(make([]byte, round), u.local)
			if u.queue.told || u.Queued() != round+packetCost {
				t.Errorf("told %v, queued %d", u.queue.told, u.Queued())
			}
		})
		if n := <-got; n != round {
			t.Errorf("round %d: %d bytes", round, n)
		}
	}
	_ = u.loop.Post(func() {
		u.block()
		_ = u.Send(make([]byte, 3), u.local)
		_ = u.Close()
	})
	<-u.Closed()
	if len(got) != 0 {
		t.Error("received after Close")
	}
}

// TestTrainsAreGivenUpForGoodReasonOnly sends where nothing can be sent, and
// then from a socket that can not make trains.
func TestTrainsAreGivenUpForGoodReasonOnly(t *testing.T) {
	r, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := make(sized, 100)
	u, err := r.ListenUDP("udp4", "127.0.0.1:0", UDPConfig{}, got)
	if err != nil {
		t.Fatal(err)
	}
	if u.train == 0 {
		t.Skip("SKIPPED: this system has no trains")
	}
	train := make(chan int, 1)
	volley := func(to netip.AddrPort) {
		for range 5 {
			_ = u.Send(make([]byte, 100), to)
		}
		_ = u.Send(nil, u.local)
	}
	for _, tt := range []struct {
		name      string
		noCheck   int
		to        netip.AddrPort
		come, max int
	}{
		{"port 0", 0, netip.AddrPortFrom(u.local.Addr(), 0), 1, maxTrainBytes},
		{"a good address", 0, u.local, 6, maxTrainBytes},
		{"without checksums", 1, u.local, 6, 99},
	} {
		_ = syscall.SetsockoptInt(u.fd, syscall.SOL_SOCKET, 11, tt.noCheck) // SO_NO_CHECK
		_ = u.loop.Post(func() { volley(tt.to) })
		for range tt.come {
			<-got
		}
		_ = u.loop.Post(func() { train <- u.train })
		if n := <-train; n != tt.max {
			t.Errorf("%s: trains of up to %d bytes, want %d", tt.name, n, tt.max)
		}
	}
}

func TestZonesAreNamesOfInterfaces(t *testing.T) {
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		t.Skipf("SKIPPED: no network interfaces: %v", err)
	}
	var z zones
	ip := netip.MustParseAddr("fe80::1")
	for range 2 { // asked, then remembered
		for _, ifi := range all {
			if got := z.in(ip, uint32(ifi.Index)); got != ip.WithZone(ifi.Name) {
				t.Errorf("interface %d: %v", ifi.Index, got)
			}
			if n := z.number(ifi.Name); n != uint32(ifi.Index) {
				t.Errorf("interface %s: %d", ifi.Name, n)
			}
		}
		if got := z.in(ip, 0); got != ip {
			t.Errorf("no zone: %v", got)
		}
	}
}

func TestTrains(t *testing.T) {
	a, b := netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:1")
	group := netip.MustParseAddrPort("239.0.0.1:1")
	long := make([]int, 100)
	for i := range long {
		long[i] = 1000
	}
	for _, tt := range []struct {
		name  string
		sizes []int
		to    netip.AddrPort // of all but the first
		limit int
		want  int
	}{
		{"one", []int{5}, a, 1000, 1},
		{"equal", []int{5, 5, 5}, a, 1000, 3},
		{"shorter at the end", []int{5, 5, 4, 4}, a, 1000, 3},
		{"longer", []int{5, 6}, a, 1000, 1},
		{"empty first", []int{0, 0}, a, 1000, 1},
		{"empty later", []int{5, 0}, a, 1000, 1},
		{"other target", []int{5, 5}, b, 1000, 1},
		{"above the limit", []int{5, 5}, a, 4, 1},
		{"no trains", []int{5, 5}, a, 0, 1},
		{"too many bytes", []int{30_000, 30_000, 30_000}, a, 1 << 20, 2},
		{"too many", long, a, 1000, 64},
		{"too many", append([]int{5}, long...), group, 1000, 1},
	} {
		p := new(packets)
		for i, size := range tt.sizes {
			to := tt.to
			if i == 0 && to != group {
				to = a
			}
			p.data = append(p.data, make([]byte, size)...)
			p.list = append(p.list, packet{len(p.data), target{addr: to}})
		}
		if got := p.train(0, tt.limit); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
