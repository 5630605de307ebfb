package reactor_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestStatsCountWhatHappened(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	ln := listen(t, r, echo)
	for range 10 {
		roundTrip(t, dial(t, ln), "0123456789")
	}
	done := make(chan bool)
	_ = r.Loop(0).Post(func() {
		r.Loop(0).AfterFunc(time.Millisecond, func() { close(done) })
		r.Loop(0).AfterFunc(time.Hour, func() {}).Stop()
		r.Loop(0).AfterFunc(time.Hour, func() {}).Reset(2 * time.Hour)
	})
	<-done
	goFiber(t, r.Loop(1), func(context.Context) {})
	waits, err := r.Loop(1).Go(t.Context(), func(ctx context.Context) { _ = reactor.Sleep(ctx, time.Hour) })
	if err != nil {
		t.Fatal(err)
	}
	reactortest.Eventually(t, func() bool {
		s := r.Stats()
		return s.LiveFibers == 1 && s.ArmedTimers == 2 // the one that fired may still be counted before
	}, "a fiber that waits and two timers: %v", r.Stats())
	s := r.Stats()
	if s.Conns != 10 || s.Accepted != 10 || s.BytesIn != 100 || s.BytesOut != 100 || s.Writes != 10 || s.Reads < 10 ||
		s.Timers != 1 || s.Fibers != 2 || s.LiveFibers != 1 || s.Panics != 0 || s.Turns == 0 || s.Kicks == 0 || s.LongestTurn == 0 {
		t.Errorf("%v", s)
	}
	var sum uint64
	loops := 0
	for l, s := range r.LoopStats() {
		if l != r.Loop(loops) {
			t.Errorf("loop %d comes in place %d", l.ID(), loops)
		}
		loops++
		sum += s.BytesIn
	}
	if loops != 2 || sum != 100 {
		t.Errorf("%d loops have read %d bytes", loops, sum)
	}
	_ = r.Close()
	_ = waits.Wait(context.Background())
	if s := r.Stats(); s.Conns != 0 || s.LiveFibers != 0 || s.ArmedTimers != 1 {
		t.Errorf("after the end: %v", s)
	}
}

// deaf takes datagrams and does nothing.
type deaf struct{}

func (deaf) OnDatagram(*reactor.UDP, reactor.Datagram) {}
func (deaf) OnClose(*reactor.UDP, error)               {}

func TestStatsCountDatagrams(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	u, err := r.ListenUDP("udp", "127.0.0.1:0", reactor.UDPConfig{}, deaf{})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	to := netip.MustParseAddrPort(peer.LocalAddr().String())
	for range 3 {
		_, _ = peer.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(u.LocalAddr()))
		_ = u.Send([]byte("y"), to)
		_ = u.SendNow([]byte("z"), to)
	}
	reactortest.Eventually(t, func() bool {
		s := r.Stats()
		return s.DatagramsIn == 3 && s.DatagramsOut == 6
	}, "the datagrams to be counted")
	if s := r.Stats(); s.Reads == 0 || s.Writes == 0 {
		t.Errorf("%v", s)
	}
}

func TestStatsForLogs(t *testing.T) {
	s := reactor.Stats{Conns: 2, AcceptErrors: 17, LongestTurn: time.Millisecond}
	text := s.String()
	for _, want := range []string{"conns=2 ", " accept_errors=17 ", " live_fibers=0 ", " longest_turn=1ms"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q has no %q", text, want)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("state", "loops", s)
	if !strings.Contains(log.String(), "loops.accept_errors=17") {
		t.Errorf("the log says %q", log.String())
	}
}

func TestStatsAllocateNothing(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	if n := testing.AllocsPerRun(100, func() { _ = r.Stats() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		for range r.LoopStats() {
		}
	}); n != 0 {
		t.Errorf("%v allocations for an iteration", n)
	}
}

func BenchmarkStats(b *testing.B) {
	l := start(b, reactor.Config{Loops: 1}).Loop(0)
	for b.Loop() {
		_ = l.Stats()
	}
}
