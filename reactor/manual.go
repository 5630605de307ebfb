package reactor

import (
	"errors"
	"sync"
	"time"
)

// A Manual runs the loop of a reactor by hand, and by a clock of its own: for
// tests, which are repeatable then. It goes into Config.Manual, of one reactor
// of one loop; the zero value is ready. Package reactortest makes it convenient.
//
// The loop is the real one, with the kernel's descriptors and events. It stands
// still but for the calls of Step, RunUntilIdle and Advance, and while one of
// them runs the caller waits: so a test may look at what its handlers have done
// without a lock. Timers, and the deadlines and sleeps of fibers, go by Now,
// which moves in Advance alone. A goroutine that waits does so by the real time.
// Shutdown and Close let the loop go, with a clock that goes on.
type Manual struct {
	// immutable after New
	loop  *Loop
	turn  chan struct{} // the caller sends one for each turn
	over  chan bool     // the loop sends whether the turn had work
	freed chan struct{} // closed when the loop goes on by itself
	began time.Time

	mu      sync.Mutex    // guards what follows
	elapsed time.Duration // since began, without what has passed since freed
	since   time.Time     // when freed was closed; zero: it is not
}

var errManual = errors.New("reactor: Config.Manual is for one reactor of one loop")

func (m *Manual) bind(l *Loop) error {
	if m.loop != nil {
		return errManual
	}
	m.loop, m.began = l, l.start
	m.turn, m.over, m.freed = make(chan struct{}), make(chan bool), make(chan struct{})
	return nil
}

// Now is the time on the loop's clock. Safe to call from any goroutine.
func (m *Manual) Now() time.Time { return m.began.Add(m.passed()) }

// passed is how much time has passed on the clock.
func (m *Manual) passed() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since.IsZero() {
		return m.elapsed
	}
	return m.elapsed + time.Since(m.since)
}

func (m *Manual) set(elapsed time.Duration) {
	m.mu.Lock()
	m.elapsed = elapsed
	m.mu.Unlock()
}

// Step lets the loop have turns until something has happened in one: an event
// was handled, or what was posted, woken or due has run. It reports false when
// there is nothing to do. Must be called by one goroutine at a time, and not on
// the loop.
func (m *Manual) Step() bool {
	// Each kick makes sure of a turn. One may be in the loop's hand already and a
	// second one in line, both from before what has happened since: what stands
	// behind them has its turn before the third.
	for range 3 {
		m.loop.kick.now()
		worked, alive := m.give()
		if worked || !alive {
			return worked
		}
	}
	return false
}

// give gives the loop one turn.
func (m *Manual) give() (worked, alive bool) {
	select {
	case m.turn <- struct{}{}:
		return <-m.over, true
	case <-m.freed:
	case <-m.loop.done:
	}
	return false, false
}

// RunUntilIdle is Step until there is nothing to do. A loop that always has
// something to do is never idle. Must be called by one goroutine at a time, and
// not on the loop.
func (m *Manual) RunUntilIdle() {
	for m.Step() {
	}
}

// Advance lets d pass on the clock, and the loop run at each time a timer is due
// until there is nothing to do: so every timer finds its own time on the clock.
// Must be called by one goroutine at a time, and not on the loop.
func (m *Manual) Advance(d time.Duration) {
	m.RunUntilIdle()
	end := m.passed() + d
	for len(m.loop.timers.heap) > 0 {
		next := m.loop.timers.heap[0].key - 1 // clock is 1 ahead
		if next > end {
			break
		}
		m.set(max(next, m.passed()))
		m.RunUntilIdle()
	}
	m.set(end)
	m.RunUntilIdle()
}

// begin waits for the turn. Called on the loop.
func (m *Manual) begin() {
	select {
	case <-m.turn:
	case <-m.freed:
	}
}

// end gives the turn back. Called on the loop.
func (m *Manual) end(worked bool) {
	select {
	case m.over <- worked:
	case <-m.freed:
	}
}

// free lets the loop go on by itself. Called once.
func (m *Manual) free() {
	m.mu.Lock()
	m.since = time.Now()
	m.mu.Unlock()
	close(m.freed)
	_ = m.loop.Post(m.loop.armTimer)
}

// isFree reports whether the loop goes on by itself.
func (m *Manual) isFree() bool {
	select {
	case <-m.freed:
		return true
	default:
		return false
	}
}
