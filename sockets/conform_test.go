package sockets

import (
	"context"
	"errors"
	"runtime/debug"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// The conformance cases say what Tarantool's socket module does, case by case,
// and what these sockets do there. Each runs on a goroutine and in a fiber; the
// numbers stay what they are when cases come and go.

// A conformance is one case.
type conformance struct {
	name string // begins with its number
	not  string // why the case does not hold here; "": it does
	run  func(t *caseT)
}

// conformances are all the cases, group by group.
var conformances = [][]conformance{constructionCases, bindCases, readCases, recvCases, writeCases, waitCases,
	datagramCases, optionCases, connectCases, serverCases, unixCases, addrinfoCases}

func TestConformance(t *testing.T) {
	for _, group := range conformances {
		for _, tc := range group {
			t.Run(tc.name, func(t *testing.T) {
				if tc.not != "" {
					t.Skip("does not apply: " + tc.not)
				}
				t.Run("goroutine", func(t *testing.T) { onGoroutine(t, tc.run) })
				t.Run("fiber", func(t *testing.T) { inFiber(t, tc.run) })
			})
		}
	}
}

// A caseT is the test of one case, in one mode. Its failures may come from
// anywhere, and do not end a goroutine: a fiber must not.
type caseT struct {
	testing.TB
	ctx context.Context // the fiber's, in a fiber
}

// errAbandoned is what a case that can not go on panics with.
var errAbandoned = errors.New("the case was abandoned")

func (t *caseT) FailNow() {
	t.Fail()
	panic(errAbandoned)
}

func (t *caseT) Fatal(args ...any) {
	t.Helper()
	t.Error(args...)
	panic(errAbandoned)
}

func (t *caseT) Fatalf(format string, args ...any) {
	t.Helper()
	t.Errorf(format, args...)
	panic(errAbandoned)
}

// fence is deferred around a case.
func (t *caseT) fence() {
	if v := recover(); v != nil && v != any(errAbandoned) {
		t.Errorf("panic: %v\n%s", v, debug.Stack())
	}
}

func onGoroutine(t *testing.T, f func(t *caseT)) {
	c := &caseT{t, background}
	defer c.fence()
	f(c)
}

func inFiber(t *testing.T, f func(t *caseT)) {
	r, err := reactor.Default()
	if err != nil {
		t.Fatal(err)
	}
	x, err := r.Go(background, func(ctx context.Context) {
		c := &caseT{t, ctx}
		defer c.fence()
		f(c)
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(background, 6*soon)
	defer cancel()
	if err := x.Wait(ctx); err != nil {
		t.Fatal("the fiber:", err)
	}
}

func (t *caseT) fiber() bool { return reactor.Current(t.ctx) != nil }

// mode is the mode for a server of the case.
func (t *caseT) mode() Mode {
	if t.fiber() {
		return Fiber
	}
	return Goroutine
}

func (t *caseT) sleep(d time.Duration) { _ = reactor.Sleep(t.ctx, d) }

// spawn runs f beside the case, in its mode, and returns what waits for it.
func (t *caseT) spawn(f func(t *caseT)) (wait func()) {
	var gate reactor.Gate
	run := func(ctx context.Context) {
		other := &caseT{t.TB, ctx}
		defer gate.Open()
		defer other.fence()
		f(other)
	}
	if x := reactor.Current(t.ctx); x != nil {
		if _, err := x.Loop().Go(background, run); err != nil {
			t.Fatal(err)
		}
	} else {
		go run(background)
	}
	return func() { _ = gate.Wait(t.ctx) }
}

// until waits for a condition.
func (t *caseT) until(what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !f(); t.sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

// arrived waits until the kernel has n bytes for s.
func (t *caseT) arrived(s *Socket, n int) {
	t.Helper()
	t.until("the bytes arrive", func() bool { return waiting(s.fd) == n })
}

// must ends the case on an error.
func (t *caseT) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// own makes s one of the case's, closed with it.
func (t *caseT) own(s *Socket, err error) *Socket {
	t.Helper()
	t.must(err)
	t.Cleanup(func() { _ = s.Close() })
	return s.WithContext(t.ctx)
}

func (t *caseT) make(f Family, typ Type) *Socket {
	t.Helper()
	return t.own(New(f, typ, 0))
}

// listener listens on a free port of the loopback, or on a path.
func (t *caseT) listener(host, port string) *Listener {
	t.Helper()
	ln, err := ListenContext(t.ctx, host, port, ListenConfig{})
	t.must(err)
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// pair returns both ends of a TCP connection.
func (t *caseT) pair() (c, s *Socket) {
	t.Helper()
	return t.connected(t.listener("127.0.0.1", "0"))
}

// connected returns both ends of a connection to ln.
func (t *caseT) connected(ln *Listener) (c, s *Socket) {
	t.Helper()
	a := addrOf(ln.Addr())
	c = t.own(ConnectContext(t.ctx, a.Host(), a.Service()))
	s, _, err := ln.AcceptSocket(soon)
	return c, t.own(s, err)
}

// packets returns two datagram sockets of the loopback and the port of the
// first.
func (t *caseT) packets() (a, b *Socket, port string) {
	t.Helper()
	a, b = t.make(FamilyInet, Datagram), t.make(FamilyInet, Datagram)
	t.must(a.Bind("127.0.0.1", "0"))
	t.must(b.Bind("127.0.0.1", "0"))
	return a, b, portOfSocket(t, a)
}

func portOfSocket(t testing.TB, s *Socket) string {
	t.Helper()
	name, err := s.Name()
	if err != nil {
		t.Fatal(err)
	}
	return name.Service()
}

// wantElapsed fails unless about d has passed.
func wantElapsed(t testing.TB, begin time.Time, d time.Duration) {
	t.Helper()
	if took := time.Since(begin); took < d || took > d+soon {
		t.Errorf("took %v, want %v", took, d)
	}
}

// wantEvents fails unless a wait brought ev.
func wantEvents(t testing.TB, ev Events) func(got Events, err error) {
	t.Helper()
	return func(got Events, err error) {
		t.Helper()
		if got != ev || err != nil {
			t.Errorf("ready for %q, %v, want %q", got, err, ev)
		}
	}
}

// wantReady fails unless Readable or Writable brought ready.
func wantReady(t testing.TB, ready bool) func(got bool, err error) {
	t.Helper()
	return func(got bool, err error) {
		t.Helper()
		if got != ready || err != nil {
			t.Errorf("ready: %v, %v, want %v", got, err, ready)
		}
	}
}
