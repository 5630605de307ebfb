package netbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// A State is what a Conn is about. The names are those of net.box.
//
//	                 ┌──────────────────────────────────────────────────┐
//	                 ▼                                                  │ ReconnectAfter has passed,
//	initial ───────► auth ──► fetch_schema ⇄ active                     │ connected and greeted
//	  │               │            │           │ box.shutdown           │
//	  │               │            │           ▼                        │
//	  │               │            │     graceful_shutdown              │
//	  ▼               ▼            ▼           ▼                        │
//	error, for good; with Options.ReconnectAfter: error_reconnect ──────┘
//
//	closed, for good: from every state but error, by Close
type State uint8

// The states of a Conn.
const (
	StateInitial          State = iota // connecting for the first time
	StateAuth                          // greeted; authenticating, if there is a user
	StateFetchSchema                   // reading the spaces, for the first time or because they have changed
	StateActive                        // requests are sent
	StateGracefulShutdown              // the server is shutting down; requests under way are still answered
	StateError                         // broken for good
	StateErrorReconnect                // broken, to be connected again
	StateClosed                        // closed by Close
)

var stateNames = [...]string{"initial", "auth", "fetch_schema", "active", "graceful_shutdown", "error",
	"error_reconnect", "closed"}

// String names the state as net.box does, e.g. "fetch_schema".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// final reports whether no other state follows.
func (s State) final() bool { return s == StateError || s == StateClosed }

// A machine is the state of a Conn and those who wait for another. Its mutex
// may be taken with that of a link held, not the other way round.
type machine struct {
	// immutable after Connect
	reconnects bool
	trace      *Trace // nil: none

	mu      sync.Mutex
	state   State
	err     error  // why there is no connection; nil: there is one, or none was tried yet
	entered uint64 // how many states were
	told    uint64 // of those, whose triggers have run
	waiters []*stateWaiter
}

// A stateWaiter waits for one of some states.
type stateWaiter struct {
	w     *reactor.Waiter
	want  []State
	early bool   // before the triggers of the transition have run: it waits to send
	hit   uint64 // the number of a state it waits for; 0: there was none yet
	ended State
}

// meet takes note that s, the state of that number, is there. Called with mu
// held.
func (w *stateWaiter) meet(m *machine, s State, number uint64) {
	if w.hit == 0 && (slices.Contains(w.want, s) || m.stops(s)) {
		w.hit, w.ended = number, s
	}
}

// now returns the state and why there is no connection.
func (m *machine) now() (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, m.err
}

// enter changes the state, unless the present one is final. Who waits for the
// new one is noted, and told by tell.
func (m *machine) enter(s State, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.final() {
		return
	}
	m.state, m.err = s, err
	m.entered++
	if m.trace != nil && m.trace.State != nil {
		m.trace.State(s, err)
	}
	for _, w := range m.waiters {
		w.meet(m, s, m.entered)
	}
}

// stops reports whether nobody need wait any longer in state s, whatever for.
// Called with mu held.
func (m *machine) stops(s State) bool {
	return s.final() || s == StateGracefulShutdown && !m.reconnects
}

// number returns that of the present state.
func (m *machine) number() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entered
}

// tell wakes those whose state was there and who need not wait for its triggers.
func (m *machine) tell() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wake(func(w *stateWaiter) bool { return w.early })
}

// tellAll wakes everybody whose state was there, up to that of the number: its
// triggers have run.
func (m *machine) tellAll(number uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = max(m.told, number)
	m.wake(func(w *stateWaiter) bool { return w.hit <= number })
}

// wake wakes those whose state was there, if may says so. Called with mu held.
func (m *machine) wake(may func(w *stateWaiter) bool) {
	m.waiters = slices.DeleteFunc(m.waiters, func(w *stateWaiter) bool {
		now := w.hit > 0 && may(w)
		if now {
			w.w.Wake() // with mu held: who gives up takes itself off the list first
		}
		return now
	})
}

// revoke undoes that s was entered, for those who wait and were not told yet.
func (m *machine) revoke(s State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.waiters {
		if w.hit > 0 && w.ended == s {
			w.hit = 0
		}
	}
}

// wait waits until one of the wanted states has been entered, and returns the
// state that ended the wait. The error is ctx's cause or reactor.ErrStopped.
func (m *machine) wait(ctx context.Context, early bool, want ...State) (State, error) {
	m.mu.Lock()
	w := &stateWaiter{want: want, early: early}
	w.meet(m, m.state, m.entered)
	if (w.hit > 0 || slices.Contains(want, m.state)) && (early || m.told >= m.entered) {
		defer m.mu.Unlock()
		return m.state, nil
	}
	w.w = reactor.NewWaiter(ctx)
	m.waiters = append(m.waiters, w)
	m.mu.Unlock()
	err := w.w.Wait(ctx, time.Time{})
	m.mu.Lock()
	m.waiters = slices.DeleteFunc(m.waiters, func(x *stateWaiter) bool { return x == w })
	m.mu.Unlock()
	w.w.Free()
	return w.ended, err
}

// State returns the present state. Safe to call from any goroutine.
func (c *Conn) State() State {
	s, _ := c.machine.now()
	return s
}

// IsConnected reports whether requests are sent: the state is StateActive or
// StateFetchSchema. Safe to call from any goroutine.
func (c *Conn) IsConnected() bool {
	s := c.State()
	return s == StateActive || s == StateFetchSchema
}

// WaitState waits until the connection is in one of the states, or has been
// since the call, and the triggers of that transition have run. It also ends,
// with a *ConnError that tells why, when the connection is closed or broken for
// good, and when the server shuts down and the connection will not be made
// again; with ctx's cause when ctx is done first. Safe to call from any
// goroutine, and from fibers; not from a trigger.
func (c *Conn) WaitState(ctx context.Context, states ...State) error {
	got, err := c.machine.wait(ctx, false, states...)
	if err != nil {
		return c.waitError(err)
	}
	if !slices.Contains(states, got) {
		return c.unavailable()
	}
	return nil
}

// WaitConnected is WaitState for StateActive. Safe to call from any goroutine,
// and from fibers; not from a trigger.
func (c *Conn) WaitConnected(ctx context.Context) error { return c.WaitState(ctx, StateActive) }

// unavailable is the error of a request that can not be sent now.
func (c *Conn) unavailable() *ConnError {
	state, err := c.machine.now()
	if err == nil || state == StateGracefulShutdown {
		err = &NotEstablishedError{state}
	}
	return &ConnError{Peer: c.peer, Err: err}
}

// waitError is the error of a wait that ended because of ctx: its cause, with
// what the connection was waiting for.
func (c *Conn) waitError(cause error) error {
	return &ConnError{Peer: c.peer, Err: fmt.Errorf("%w while waiting: %w", cause, c.unavailable().Err)}
}
