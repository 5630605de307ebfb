package reactor_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestStoppedTimersDoNotPileUp(t *testing.T) {
	l := start(t, reactor.Config{Loops: 1}).Loop(0)
	const n = 100_000
	var collected atomic.Int64
	fired := make(chan int, 10)
	_ = l.Post(func() {
		for i := range 3 {
			l.AfterFunc(time.Duration(i+1)*20*time.Millisecond, func() { fired <- i })
		}
		again := l.AfterFunc(time.Hour, func() { fired <- 3 })
		again.Stop()
		for range n {
			held := new([64]byte)
			runtime.AddCleanup(held, func(int) { collected.Add(1) }, 0)
			l.AfterFunc(time.Hour, func() { _ = held[0] }).Stop()
		}
		again.Reset(80 * time.Millisecond)
	})
	for want := range 4 {
		if got := <-fired; got != want {
			t.Fatalf("timer %d fired, want %d", got, want)
		}
	}
	reactortest.Eventually(t, func() bool {
		runtime.GC()
		return collected.Load() > n/2
	}, "what stopped timers hold to be freed")
}

// BenchmarkTimerReset sets a deadline anew for each request and clears it
// after, among a hundred thousand others that are armed.
func BenchmarkTimerReset(b *testing.B) {
	l := start(b, reactor.Config{Loops: 1}).Loop(0)
	done := make(chan bool)
	_ = l.Post(func() {
		timers := make([]*reactor.Timer, 100_000)
		for i := range timers {
			timers[i] = l.AfterFunc(time.Hour+time.Duration(i), func() {})
		}
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			t := timers[i%len(timers)]
			t.Stop()
			t.Reset(time.Hour)
		}
		close(done)
	})
	<-done
}

// BenchmarkRuntimeTimer does the same with the timers of the runtime: the
// control of BenchmarkTimerReset.
func BenchmarkRuntimeTimer(b *testing.B) {
	timers := make([]*time.Timer, 100_000)
	for i := range timers {
		timers[i] = time.AfterFunc(time.Hour+time.Duration(i), func() {})
		defer timers[i].Stop()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		t := timers[i%len(timers)]
		t.Stop()
		t.Reset(time.Hour)
	}
	b.StopTimer()
}
