//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestUDPCloseReasons(t *testing.T) {
	boom := errors.New("boom")
	for name, tt := range map[string]struct {
		do   func(r *reactor.Reactor, u *reactor.UDP)
		want error
	}{
		"Close":    {func(_ *reactor.Reactor, u *reactor.UDP) { _ = u.Close() }, nil},
		"Abort":    {func(_ *reactor.Reactor, u *reactor.UDP) { u.Abort(boom) }, boom},
		"Shutdown": {func(r *reactor.Reactor, _ *reactor.UDP) { _ = r.Shutdown(context.Background()) }, reactor.ErrStopped},
		"stop":     {func(r *reactor.Reactor, _ *reactor.UDP) { _ = r.Close() }, reactor.ErrStopped},
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan error, 2)
			r := start(t, reactor.Config{Loops: 1})
			u, err := r.ListenUDP("udp4", "127.0.0.1:0", reactor.UDPConfig{}, &udpHandler{
				close: func(_ *reactor.UDP, err error) { closed <- err }})
			if err != nil {
				t.Fatal(err)
			}
			tt.do(r, u)
			if err := <-closed; !errors.Is(err, tt.want) {
				t.Errorf("OnClose got %v, want %v", err, tt.want)
			}
			<-u.Closed()
			to := u.LocalAddr()
			if err := u.Send([]byte("x"), to); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send afterwards returned %v", err)
			}
			if err := u.SendNow([]byte("x"), to); !errors.Is(err, net.ErrClosed) {
				t.Errorf("SendNow afterwards returned %v", err)
			}
			if err := u.JoinGroup(netip.MustParseAddr("224.0.0.251"), ""); !errors.Is(err, net.ErrClosed) {
				t.Errorf("JoinGroup afterwards returned %v", err)
			}
			if err := u.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Close afterwards returned %v", err)
			}
			if len(closed) != 0 {
				t.Error("OnClose was called twice")
			}
		})
	}
}

func TestClosedUDPFreesItsAddress(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	address := "127.0.0.1:0"
	for range 20 {
		u, err := r.ListenUDP("udp4", address, reactor.UDPConfig{}, udpEcho{})
		if err != nil {
			t.Fatal(err)
		}
		address = u.LocalAddr().String()
		exchange(t, dialUDP(t, u.LocalAddr()), []byte("hello"))
		_ = u.Close()
		<-u.Closed()
	}
}

func TestWhatWasSentBeforeTheEndLeaves(t *testing.T) {
	for name, end := range map[string]func(r *reactor.Reactor, u *reactor.UDP){
		"Close":    func(_ *reactor.Reactor, u *reactor.UDP) { _ = u.Close() },
		"Shutdown": func(r *reactor.Reactor, _ *reactor.UDP) { _ = r.Shutdown(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 100
			got := make(chan int, n)
			sink := listenUDP(t, reactor.UDPConfig{}, &udpHandler{datagram: func(_ *reactor.UDP, d reactor.Datagram) { got <- len(d.Data) }})
			r := start(t, reactor.Config{Loops: 1})
			u, err := r.ListenUDP("udp4", "127.0.0.1:0", reactor.UDPConfig{SendBuffer: 1}, &udpHandler{})
			if err != nil {
				t.Fatal(err)
			}
			busy := make(chan struct{})
			_ = u.Loop().Post(func() { <-busy }) // so that all of them wait
			for size := range n {
				if err := u.Send(make([]byte, size), sink.LocalAddr()); err != nil {
					t.Fatal(err)
				}
			}
			time.AfterFunc(10*time.Millisecond, func() { close(busy) })
			end(r, u)
			for want := range n {
				if size := <-got; size != want {
					t.Errorf("a datagram of %d bytes, want %d", size, want)
				}
			}
		})
	}
}

func TestCloseWhileOthersSend(t *testing.T) {
	for name, end := range map[string]func(u *reactor.UDP){
		"Close": func(u *reactor.UDP) { _ = u.Close() },
		"Abort": func(u *reactor.UDP) { u.Abort(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			sink := listenUDP(t, reactor.UDPConfig{}, &udpHandler{})
			for range 10 {
				u := listenUDP(t, reactor.UDPConfig{SendQueue: 1 << 20}, &udpHandler{})
				var wg sync.WaitGroup
				for i := range 8 {
					send := u.Send
					if i%2 == 0 {
						send = u.SendNow
					}
					wg.Go(func() { sendUntilClosed(t, send, sink.LocalAddr()) })
				}
				reactortest.Eventually(t, func() bool { return u.Queued() > 0 }, "the senders to send")
				end(u)
				wg.Wait()
				<-u.Closed()
			}
		})
	}
}

func sendUntilClosed(t *testing.T, send func([]byte, netip.AddrPort) error, to netip.AddrPort) {
	p := make([]byte, 100)
	for {
		switch err := send(p, to); {
		case err == nil || errors.Is(err, reactor.ErrQueueFull):
		case errors.Is(err, net.ErrClosed):
			return
		default:
			t.Error(err)
			return
		}
	}
}
