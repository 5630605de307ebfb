//go:build linux

package reactor_test

import (
	"bytes"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/reactor"
)

// trainTo sends p from a socket of its own in one train of datagrams of that
// size.
func trainTo(t *testing.T, to *reactor.UDP, p []byte, size int) {
	t.Helper()
	c := dialUDP(t, to.LocalAddr())
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, size) })
	if err == nil {
		_, err = c.Write(p)
	}
	if err != nil {
		t.Skipf("SKIPPED: the kernel sends no trains: %v", err)
	}
}

// stamps asks for a note about each datagram besides.
func stamps(fd int) error {
	return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMP, 1)
}

func TestTrainsArriveAsDatagrams(t *testing.T) {
	for name, cfg := range map[string]reactor.UDPConfig{
		"as they come":          {},
		"each on its own":       {NoGRO: true},
		"with a limit":          {MaxDatagram: 150},
		"with stamps":           {Prepare: stamps},
		"with a limit, stamped": {MaxDatagram: 1, Prepare: stamps},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan reactor.Datagram, 100)
			u := listenUDP(t, cfg, &udpHandler{datagram: func(_ *reactor.UDP, d reactor.Datagram) {
				d.Data = bytes.Clone(d.Data)
				got <- d
			}})
			limit := cfg.MaxDatagram
			if limit == 0 {
				limit = 65535
			}
			for _, tt := range []struct{ total, size int }{{1, 200}, {200, 200}, {201, 200}, {2000, 200}, {6399, 100}, {64_000, 1400}} {
				p := random(tt.total)
				trainTo(t, u, p, tt.size)
				for rest := p; len(rest) > 0; {
					want := rest[:min(tt.size, len(rest))]
					rest = rest[len(want):]
					d := <-got
					if cut := want[:min(limit, len(want))]; !bytes.Equal(d.Data, cut) || d.Truncated != (limit < len(want)) {
						t.Fatalf("%d bytes in datagrams of %d: %d came, truncated %v, want %d", tt.total, tt.size, len(d.Data), d.Truncated, len(cut))
					}
				}
			}
		})
	}
}

func TestClosingWithinATrain(t *testing.T) {
	count, closed := 0, make(chan bool)
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{
		datagram: func(u *reactor.UDP, _ reactor.Datagram) {
			if count++; count == 3 {
				panic("boom")
			}
		},
		close: func(*reactor.UDP, error) { close(closed) },
	})
	trainTo(t, u, random(1000), 100)
	if <-closed; count != 3 {
		t.Errorf("OnDatagram was called %d times", count)
	}
}
