package reactor_test

import (
	"context"
	"log/slog"
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
	_ = r.Loop(0).Post(func() { r.Loop(0).AfterFunc(time.Millisecond, func() { close(done) }) })
	<-done
	goFiber(t, r.Loop(1), func(context.Context) {})
	s := r.Stats()
	if s.Conns != 10 || s.Accepted != 10 || s.BytesIn != 100 || s.BytesOut != 100 || s.Writes != 10 ||
		s.Timers != 1 || s.Fibers != 1 || s.Panics != 0 || s.Turns == 0 || s.Kicks == 0 || s.LongestTurn == 0 {
		t.Errorf("%+v", s)
	}
}

func TestStalledLoopIsReported(t *testing.T) {
	var log lockedBuffer
	r := start(t, reactor.Config{Loops: 1, StallAfter: 10 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{data: func(_ *reactor.Conn, p []byte) int {
			time.Sleep(20 * time.Millisecond) // what a handler must not do
			return len(p)
		}}
	})
	_, _ = dial(t, ln).Write([]byte("x"))
	reactortest.Eventually(t, func() bool { return r.Stats().Stalls > 0 }, "the stall to be counted")
	if text := string(log.Bytes()); !strings.Contains(text, "stalled") || !strings.Contains(text, "reactor_test.handler") {
		t.Errorf("the log says %q", text)
	}
	if d := r.Stats().LongestTurn; d < 20*time.Millisecond {
		t.Errorf("the longest turn took %v", d)
	}
}
