//go:build unix

package reactortest

import (
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A Loop is a reactor of one loop that runs by hand and by a clock of its own, so that a test decides what happens and
// when, and finds it the same every time. Between its calls the loop stands still, and the test may look at what its
// handlers hold.
//
//	l := reactortest.NewLoop(t, reactor.Config{})
//	s := l.Connect(&myHandler{})
//	s.Write([]byte("ping\n"))
//	l.RunUntilIdle()
//	… s.Received() …
//	l.Advance(time.Minute) // and the idle timer fires
type Loop struct {
	// Reactor is the reactor, which is closed with the test.
	Reactor *reactor.Reactor

	t      testing.TB
	manual reactor.Manual
}

// maxSteps is how many steps a loop may take before it counts as never idle.
const maxSteps = 1_000_000

// NewLoop starts a loop that stands still. cfg.Loops and cfg.Manual are set by it.
//
// Must be called on the test's goroutine.
func NewLoop(t testing.TB, cfg reactor.Config) *Loop {
	t.Helper()
	l := &Loop{t: t}
	cfg.Loops, cfg.Manual = 1, &l.manual
	r, err := reactor.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l.Reactor = r
	t.Cleanup(func() { _ = r.Close() })
	return l
}

// Loop returns the loop itself.
//
// Safe to call from any goroutine.
func (l *Loop) Loop() *reactor.Loop { return l.Reactor.Loop(0) }

// Step lets the loop do the next thing there is to do: handle an event, or run what was posted or is due. It reports
// false when there is none.
//
// Must be called on the test's goroutine.
func (l *Loop) Step() bool { return l.manual.Step() }

// RunUntilIdle lets the loop do what there is to do, and fails the test when that has no end.
//
// Must be called on the test's goroutine.
func (l *Loop) RunUntilIdle() {
	l.t.Helper()
	for range maxSteps {
		if !l.Step() {
			return
		}
	}
	l.t.Fatalf("the loop is not idle after %d steps", maxSteps)
}

// RunUntil lets the loop run until cond is true, which something else than the loop brings about: a goroutine, or a peer
// in another process. It fails the test after [Patience]; the message says what was awaited.
//
// Must be called on the test's goroutine.
func (l *Loop) RunUntil(cond func() bool, format string, args ...any) {
	l.t.Helper()
	Eventually(l.t, func() bool { l.RunUntilIdle(); return cond() }, format, args...)
}

// Advance lets d pass on the loop's clock. What is due on the way runs at its time, in order.
//
// Must be called on the test's goroutine.
func (l *Loop) Advance(d time.Duration) { l.manual.Advance(d) }

// Now is the time on the loop's clock, which stands still but for Advance: it begins with the real time. Deadlines that
// a test gives are to be counted from here.
//
// Safe to call from any goroutine.
func (l *Loop) Now() time.Time { return l.manual.Now() }

// Do runs f on the loop, and then the loop until it is idle.
//
// Must be called on the test's goroutine.
func (l *Loop) Do(f func()) {
	l.t.Helper()
	if err := l.Loop().Post(f); err != nil {
		l.t.Fatal(err)
	}
	l.RunUntilIdle()
}
