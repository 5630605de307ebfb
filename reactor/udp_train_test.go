//go:build unix

package reactor_test

import (
	"bytes"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// trainSizes are runs of one size, with what may stand between and behind
// them: shorter ones, longer ones, none, and more than travels together.
func trainSizes() []int {
	var sizes []int
	for _, run := range []struct{ n, size int }{
		{1, 7}, {2, 7}, {70, 7}, {1, 3}, {5, 3}, {1, 0}, {2, 0}, {3, 100}, {1, 99}, {1, 101}, {3, 9000}, {8, 9000},
		{1, 65507}, {2, 65507}, {2, 40_000}, {1, 1}, {100, 1}, {1, 1400}, {63, 300}, {1, 200}, {64, 300}, {1, 200},
	} {
		for range run.n {
			sizes = append(sizes, run.size)
		}
	}
	return sizes
}

func TestDatagramsThatLeaveTogetherArriveAsTheyAre(t *testing.T) {
	for name, cfg := range map[string]reactor.UDPConfig{
		"as the kernel likes":          {},
		"on a socket without trains":   {Prepare: withoutChecksum},
		"with the smallest send queue": {SendBuffer: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if cfg.Prepare != nil && runtime.GOOS != "linux" {
				t.Skip("SKIPPED: only Linux has trains")
			}
			all := random(65507)
			got := [2]chan []byte{make(chan []byte, 1000), make(chan []byte, 1000)}
			var sinks []netip.AddrPort
			for i := range got {
				sinks = append(sinks, listenUDP(t, reactor.UDPConfig{}, &udpHandler{
					datagram: func(_ *reactor.UDP, d reactor.Datagram) { got[i] <- bytes.Clone(d.Data) }}).LocalAddr())
			}
			u := listenUDP(t, cfg, &udpHandler{fail: func(_ *reactor.UDP, err error) { t.Error(err) }})
			sizes := trainSizes()
			for len(sizes) > 0 {
				part := sizes[:fitting(sizes)]
				sizes = sizes[len(part):]
				for i := range got {
					_ = u.Loop().Post(func() { sendAll(t, u, all, part, sinks[i]) })
					for _, size := range part {
						if p := <-got[i]; !bytes.Equal(p, all[len(all)-size:]) {
							t.Fatalf("sink %d: %d bytes came, want %d", i, len(p), size)
						}
					}
				}
			}
		})
	}
}

// fitting returns how many of the datagrams fit into a receive buffer of the
// usual size.
func fitting(sizes []int) (n int) {
	for total := 0; n < len(sizes); n++ {
		if total += 1024 + 2*sizes[n]; n > 0 && total > 150_000 {
			break
		}
	}
	return n
}

func sendAll(t *testing.T, u *reactor.UDP, all []byte, sizes []int, to netip.AddrPort) {
	for _, size := range sizes {
		if err := u.Send(all[len(all)-size:], to); err != nil {
			t.Error(err)
		}
	}
}

// withoutChecksum sets SO_NO_CHECK, with which Linux refuses trains.
func withoutChecksum(fd int) error {
	const soNoCheck = 11
	return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soNoCheck, 1)
}

// TestStormLeavesTheLoopItsOtherTasks lets a socket write to itself without
// end: what is posted meanwhile must have its turn.
func TestStormLeavesTheLoopItsOtherTasks(t *testing.T) {
	n := 0 // owned by the loop
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{datagram: func(u *reactor.UDP, d reactor.Datagram) {
		n++
		_ = u.Send(d.Data, u.LocalAddr())
	}})
	_ = u.Loop().Post(func() {
		for range 150 {
			_ = u.Send([]byte("x"), u.LocalAddr())
		}
	})
	for seen, turns := 0, 0; turns < 20; {
		now := make(chan int)
		if err := u.Loop().Post(func() { now <- n }); err != nil {
			t.Fatal(err)
		}
		if n := <-now; n > seen+5000 {
			seen = n
			turns++
		}
	}
}
