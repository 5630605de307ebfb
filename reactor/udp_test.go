//go:build unix

package reactor_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// udpHandler is a UDPHandler made of functions; nil ones do nothing.
type udpHandler struct {
	datagram func(u *reactor.UDP, d reactor.Datagram)
	fail     func(u *reactor.UDP, err error)
	close    func(u *reactor.UDP, err error)
}

func (h *udpHandler) OnDatagram(u *reactor.UDP, d reactor.Datagram) {
	if h.datagram != nil {
		h.datagram(u, d)
	}
}

func (h *udpHandler) OnError(u *reactor.UDP, err error) {
	if h.fail != nil {
		h.fail(u, err)
	}
}

func (h *udpHandler) OnClose(u *reactor.UDP, err error) {
	if h.close != nil {
		h.close(u, err)
	}
}

// listenUDP serves h on a free port of the IPv4 loopback.
func listenUDP(t testing.TB, cfg reactor.UDPConfig, h reactor.UDPHandler) *reactor.UDP {
	t.Helper()
	u, err := start(t, reactor.Config{Loops: 1}).ListenUDP("udp4", "127.0.0.1:0", cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// dialUDP connects with the standard library.
func dialUDP(t testing.TB, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
	return c
}

// exchange sends p and fails the test unless it comes back. Each exchange has all the patience: a test of
// many of them may take long on a busy machine.
func exchange(t testing.TB, c *net.UDPConn, p []byte) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
	if _, err := c.Write(p); err != nil {
		t.Fatalf("%d bytes: %v", len(p), err)
	}
	buf := make([]byte, 65535)
	n, err := c.Read(buf)
	if err != nil || !bytes.Equal(buf[:n], p) {
		t.Fatalf("%d bytes: %d came back, err %v, equal %v", len(p), n, err, bytes.Equal(buf[:n], p))
	}
}

func TestUDPEchoReturnsEverySize(t *testing.T) {
	for name, send := range map[string]func(u *reactor.UDP, p []byte, to netip.AddrPort) error{
		"Send":    (*reactor.UDP).Send,
		"SendNow": (*reactor.UDP).SendNow,
	} {
		t.Run(name, func(t *testing.T) {
			u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{datagram: func(u *reactor.UDP, d reactor.Datagram) {
				if err := send(u, d.Data, d.From); err != nil || d.Truncated {
					t.Errorf("%d bytes: truncated %v, %v", len(d.Data), d.Truncated, err)
				}
			}})
			c, all := dialUDP(t, u.LocalAddr()), random(65507)
			for size := 0; size <= 3000; size++ { // every size around the usual limits of a link
				exchange(t, c, all[:size])
			}
			for size := 3001; size <= len(all); size += 97 {
				exchange(t, c, all[:size])
			}
			exchange(t, c, all)
		})
	}
}

func TestUDPTruncationIsReported(t *testing.T) {
	got := make(chan reactor.Datagram, 10)
	u := listenUDP(t, reactor.UDPConfig{MaxDatagram: 100}, &udpHandler{datagram: func(_ *reactor.UDP, d reactor.Datagram) {
		d.Data = bytes.Clone(d.Data)
		got <- d
	}})
	c, sent := dialUDP(t, u.LocalAddr()), random(65000)
	for _, size := range []int{99, 100, 101, 65000, 1} {
		if _, err := c.Write(sent[:size]); err != nil {
			t.Fatal(err)
		}
		d := <-got
		if !bytes.Equal(d.Data, sent[:min(size, 100)]) || d.Truncated != (size > 100) {
			t.Errorf("of %d bytes %d came, truncated %v", size, len(d.Data), d.Truncated)
		}
		if want := c.LocalAddr().(*net.UDPAddr).AddrPort(); d.From != want {
			t.Errorf("from %v, want %v", d.From, want)
		}
	}
}

func TestSocketsOfOneLoopKeepTheirLimits(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	for _, limit := range []int{1, 0, 10} {
		h := &udpHandler{datagram: func(u *reactor.UDP, d reactor.Datagram) {
			_ = u.Send(fmt.Append(nil, len(d.Data), d.Truncated), d.From)
		}}
		u, err := r.ListenUDP("udp4", "127.0.0.1:0", reactor.UDPConfig{MaxDatagram: limit}, h)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			c, buf := dialUDP(t, u.LocalAddr()), make([]byte, 100)
			_, _ = c.Write(make([]byte, 20))
			n, err := c.Read(buf)
			want := map[int]string{1: "1 true", 0: "20 false", 10: "10 true"}[limit]
			if string(buf[:n]) != want {
				t.Errorf("limit %d: %q, want %q; %v", limit, buf[:n], want, err)
			}
		}()
	}
}

// TestUDPHundredThousand sends numbered datagrams in bursts that fit into the
// receiver's buffer: then none may be lost, doubled or out of order.
func TestUDPHundredThousand(t *testing.T) {
	const all, burst = 100_000, 100
	var next atomic.Int64
	r := start(t, reactor.Config{Loops: 2})
	in, err := r.ListenUDP("udp4", "127.0.0.1:0", reactor.UDPConfig{Loop: r.Loop(0)}, &udpHandler{
		datagram: func(_ *reactor.UDP, d reactor.Datagram) {
			if got := binary.BigEndian.Uint64(d.Data); got != uint64(next.Load()) {
				t.Errorf("number %d came, want %d", got, next.Load())
			}
			next.Add(1)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.ListenUDP("udp4", "127.0.0.1:0", reactor.UDPConfig{Loop: r.Loop(1)}, &udpHandler{})
	if err != nil {
		t.Fatal(err)
	}
	for sent := 0; sent < all; {
		for range burst {
			if err := out.Send(binary.BigEndian.AppendUint64(nil, uint64(sent)), in.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			sent++
		}
		for limit := time.Now().Add(reactortest.Patience); next.Load() < int64(sent); {
			if time.Now().After(limit) {
				t.Fatalf("%d of %d came", next.Load(), sent)
			}
			time.Sleep(10 * time.Microsecond)
		}
	}
}

func TestUDPRepliesFromElsewhere(t *testing.T) {
	u := listenUDP(t, reactor.UDPConfig{}, &udpHandler{datagram: func(u *reactor.UDP, d reactor.Datagram) {
		p, from := bytes.Clone(d.Data), d.From
		go func() {
			if err := u.Send(p, from); err != nil {
				t.Error(err)
			}
		}()
	}})
	c := dialUDP(t, u.LocalAddr())
	for size := range 100 {
		exchange(t, c, random(size))
	}
}

func TestUDPFamilies(t *testing.T) {
	for _, tt := range []struct {
		network, listen string
		peers           []string
	}{
		{"udp4", "127.0.0.1:0", []string{"127.0.0.1"}},
		{"udp4", ":0", []string{"127.0.0.1"}},
		{"udp6", "[::1]:0", []string{"::1"}},
		{"udp6", ":0", []string{"::1"}},
		{"udp", ":0", []string{"127.0.0.1", "::1"}},
		{"udp", "localhost:0", nil},
	} {
		t.Run(tt.network+" "+tt.listen, func(t *testing.T) {
			from := make(chan netip.AddrPort, 1)
			r := start(t, reactor.Config{Loops: 1})
			u, err := r.ListenUDP(tt.network, tt.listen, reactor.UDPConfig{}, &udpHandler{
				datagram: func(u *reactor.UDP, d reactor.Datagram) { from <- d.From; _ = u.Send(d.Data, d.From) }})
			if err != nil {
				t.Fatal(err)
			}
			if tt.peers == nil {
				tt.peers = []string{u.LocalAddr().Addr().String()}
			}
			for _, peer := range tt.peers {
				c := dialUDP(t, netip.AddrPortFrom(netip.MustParseAddr(peer), u.LocalAddr().Port()))
				exchange(t, c, []byte("hello"))
				if got, want := <-from, c.LocalAddr().(*net.UDPAddr).AddrPort(); got != want {
					t.Errorf("from %v, want %v", got, want)
				}
			}
		})
	}
}

func TestUDPPerLoopSpreadsThePeers(t *testing.T) {
	var perLoop [4]atomic.Int64
	r := start(t, reactor.Config{Loops: 4})
	us, err := r.ListenUDPPerLoop("udp4", "127.0.0.1:0", reactor.UDPConfig{}, func(l *reactor.Loop) reactor.UDPHandler {
		return &udpHandler{datagram: func(u *reactor.UDP, d reactor.Datagram) {
			if u.Loop() != l {
				t.Errorf("the handler of loop %d was called on loop %d", l.ID(), u.Loop().ID())
			}
			perLoop[l.ID()].Add(1)
			_ = u.Send(d.Data, d.From)
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		exchange(t, dialUDP(t, us[0].LocalAddr()), []byte("hello"))
	}
	for i := range perLoop {
		if us[i].LocalAddr() != us[0].LocalAddr() || us[i].Loop() != r.Loop(i) {
			t.Errorf("socket %d has the address %v on loop %d", i, us[i].LocalAddr(), us[i].Loop().ID())
		}
		if perLoop[i].Load() == 0 {
			t.Errorf("loop %d got nothing", i)
		}
	}
}

func TestConnectedUDPTalksToItsPeerAlone(t *testing.T) {
	server := listenUDP(t, reactor.UDPConfig{}, udpEcho{})
	got := make(chan reactor.Datagram, 10)
	r := start(t, reactor.Config{Loops: 1})
	u, err := r.DialUDP(t.Context(), "udp", server.LocalAddr().String(), reactor.UDPConfig{}, &udpHandler{
		datagram: func(_ *reactor.UDP, d reactor.Datagram) { d.Data = bytes.Clone(d.Data); got <- d },
	})
	if err != nil {
		t.Fatal(err)
	}
	stranger := dialUDP(t, u.LocalAddr())
	_, _ = stranger.Write([]byte("stranger"))
	if err := u.Send([]byte("zero"), netip.AddrPort{}); err != nil {
		t.Error(err)
	}
	if err := u.SendNow([]byte("named"), u.RemoteAddr()); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for range 2 {
		d := <-got
		seen[string(d.Data)] = d.From == server.LocalAddr()
	}
	if !seen["zero"] || !seen["named"] {
		t.Errorf("got %v", seen)
	}
	err = u.Send([]byte("x"), stranger.LocalAddr().(*net.UDPAddr).AddrPort())
	if !errors.Is(err, net.ErrWriteToConnected) {
		t.Errorf("sending to a stranger: %v", err)
	}
}
