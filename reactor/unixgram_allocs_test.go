//go:build linux && !race && !kharon_debug

package reactor_test

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// TestUnixgramEchoAllocatesNothing counts what the whole process allocates.
func TestUnixgramEchoAllocatesNothing(t *testing.T) {
	dir := shortDir(t)
	g := listenGrams(t, filepath.Join(dir, "s"), reactor.UnixgramConfig{}, &gramHandler{
		datagram: func(g *reactor.Unixgram, d reactor.UnixDatagram) { _ = g.Send(d.Data, d.From) }})
	c, p := dialGrams(t, filepath.Join(dir, "c"), g.Path()), make([]byte, 64)
	allocs := testing.AllocsPerRun(2000, func() {
		for range 5 {
			_, _ = c.Write(p)
		}
		for range 5 {
			if _, err := c.Read(p); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 5 datagrams and back", allocs)
	}
}

// BenchmarkUnixgramEcho exchanges datagrams with the standard library, one at a
// time, and for comparison lets that echo, too.
func BenchmarkUnixgramEcho(b *testing.B) {
	for _, server := range []string{"net", "reactor"} {
		b.Run(server, func(b *testing.B) {
			dir := shortDir(b)
			path := filepath.Join(dir, "s")
			if server == "reactor" {
				listenGrams(b, path, reactor.UnixgramConfig{}, echoGrams(b))
			} else {
				s, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				go func() {
					for p := make([]byte, 65535); ; {
						n, from, err := s.ReadFromUnix(p)
						if err != nil {
							return
						}
						_, _ = s.WriteToUnix(p[:n], from)
					}
				}()
			}
			c, p := dialGrams(b, filepath.Join(dir, "c"), path), make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				for range 8 {
					_, _ = c.Write(p)
				}
				for range 8 {
					_, _ = c.Read(p)
				}
			}
		})
	}
}
