//go:build unix

package reactortest

import (
	"bytes"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// A Case is one conversation for [TestHandler]: what a peer sends, and what it gets for it.
type Case struct {
	// Name names it in the test's output.
	Name string

	// Input is what the peer sends.
	Input []byte

	// Output is what the handler answers to it by the time the connection has ended. Nil: whatever it answers when the
	// input comes whole, and everything else is held against that.
	Output []byte

	// Ends tells that the handler ends the connection because of the input, so that what follows it has no answer.
	Ends bool
}

// minUnconsumed is the least that Config.MaxUnconsumed is in TestHandler, in bytes: with the default a flood would take
// long.
const minUnconsumed = 16 << 10

// TestHandler tests what holds for every [reactor.Handler], with the conversations it is given: that its output does not
// depend on how the input arrives, and that the connection ends as it should, however it is treated. Each delivery is a
// subtest, on a loop run by hand, with a connection of its own, whose handler newHandler makes as for
// [reactor.Reactor.Listen]. The input comes
//
//   - whole, all of it in one OnData if it is short;
//   - byte by byte, if it is short;
//   - in two pieces, and in pieces of one size, at every split of a short input and forty of a long one;
//   - in pieces by chance;
//   - truncated at these places: the handler does with a part what it does with it byte by byte, whatever that is;
//   - from a peer that is gone at these places, without having read;
//   - with a flood of rubbish behind it.
//
// The peer finishes sending after the input. The connection has to end then, without the peer's doing more, and not
// before, other than Ends says: a handler with an OnEOF has to close it. In all of that no call may panic, and no
// connection may be left. Finally, OnData panics by order, and OnClose has to bear that.
//
// A handler that answers later than its callbacks, from a goroutine, does not fit: what it does is no matter of bytes.
//
// Must be called on the test's goroutine.
func TestHandler(t *testing.T, newHandler func(c *reactor.Conn) reactor.Handler, cases ...Case) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			h := &suite{newHandler: newHandler, c: c}
			if c.Output == nil {
				h.c.Output = h.converse(t, h.loop(t), whole(c.Input), true)
			}
			for name, deliveries := range h.deliveries() {
				t.Run(name, func(t *testing.T) { h.same(t, deliveries) })
			}
			t.Run("truncated", h.truncated)
			t.Run("gone", h.gone)
			t.Run("flood", h.flood)
			t.Run("panic", h.panics)
		})
	}
}

// suite is a Case under way.
type suite struct {
	newHandler func(c *reactor.Conn) reactor.Handler
	c          Case
}

// same checks that each delivery has the output it ought to have.
func (h *suite) same(t *testing.T, deliveries []delivery) {
	l := h.loop(t)
	for _, d := range deliveries {
		got := h.converse(t, l, d, true)
		if !bytes.Equal(got, h.c.Output) {
			t.Fatalf("input in pieces of %v bytes:\ngot  %q\nwant %q", d.sizes(), got, h.c.Output)
		}
	}
	settle(t, l, 0)
}

// converse returns what the handler answers to a delivery. complete tells that it is all of the input.
func (h *suite) converse(t *testing.T, l *Loop, d delivery, complete bool) []byte {
	t.Helper()
	s := l.Connect(h.newHandler)
	defer s.Close()
	for _, p := range d {
		if _, err := s.Write(p); err != nil && !h.c.Ends {
			t.Fatalf("the connection takes no input: %v; pieces of %v bytes", err, d.sizes())
		}
		l.RunUntilIdle()
	}
	if ended := s.finish(); complete && ended != h.c.Ends {
		t.Fatalf("before the peer has finished sending the connection has ended: %v, want %v; pieces of %v bytes", ended, h.c.Ends, d.sizes())
	}
	s.CloseWrite()
	if !s.finish() {
		t.Fatalf("the connection does not end after the peer has finished sending; pieces of %v bytes", d.sizes())
	}
	return s.Received()
}

// truncated lets the peer finish sending early.
func (h *suite) truncated(t *testing.T) {
	l := h.loop(t)
	for _, i := range append(places(len(h.c.Input)), 0) {
		part := h.c.Input[:i]
		want, got := h.converse(t, l, whole(part), false), h.converse(t, l, pieces(part, 1+i/exhaustive), false)
		if !bytes.Equal(got, want) {
			t.Fatalf("the first %d bytes: in pieces\ngot  %q\nand whole\n     %q", i, got, want)
		}
	}
	settle(t, l, 0)
}

// gone lets the peer vanish early.
func (h *suite) gone(t *testing.T) {
	l := h.loop(t)
	for _, i := range append(places(len(h.c.Input)), 0, len(h.c.Input)) {
		s := l.Connect(h.newHandler)
		_, _ = s.Write(h.c.Input[:i])
		if i%2 == 0 {
			l.RunUntilIdle() // else the loop learns of everything at once
		}
		s.Close()
		l.RunUntilIdle()
	}
	settle(t, l, 0)
}

// flood sends rubbish.
func (h *suite) flood(t *testing.T) {
	l := h.loop(t)
	for _, b := range []byte{0, '\n', 'x', 0x7f, 0x80, 0xff} {
		for _, i := range []int{0, len(h.c.Input)} {
			s := l.Connect(h.newHandler)
			_, _ = s.Write(h.c.Input[:i])
			_, _ = s.Write(bytes.Repeat([]byte{b}, 2*h.unconsumed())) // whether all of it is taken is the handler's affair
			s.CloseWrite()
			if !s.finish() {
				t.Fatalf("after %d bytes and a flood of %#x the connection does not end", i, b)
			}
			s.Close()
		}
	}
	settle(t, l, 0)
}

// panicker is a handler whose OnData panics the last time.
type panicker struct {
	reactor.Handler
	calls int // of OnData that are left before that
}

func (p *panicker) OnData(c *reactor.Conn, data []byte) int {
	if p.calls--; p.calls < 0 {
		panic("reactortest: a panic by order")
	}
	return p.Handler.OnData(c, data)
}

// panics lets OnData panic.
func (h *suite) panics(t *testing.T) {
	l := h.loop(t)
	want := uint64(0)
	for _, calls := range []int{0, 1} {
		p := &panicker{calls: calls}
		s := l.Connect(func(c *reactor.Conn) reactor.Handler { p.Handler = h.newHandler(c); return p })
		for _, piece := range pieces(h.c.Input, max(1, len(h.c.Input)/2)) {
			_, _ = s.Write(piece)
			l.RunUntilIdle()
		}
		if p.calls < 0 {
			want++
		}
		s.Close()
	}
	settle(t, l, want)
}

// unconsumed is twice the input: a handler may need all of it at once.
func (h *suite) unconsumed() int { return max(minUnconsumed, 2*len(h.c.Input)) }

func (h *suite) loop(t *testing.T) *Loop {
	t.Helper()
	return NewLoop(t, reactor.Config{MaxUnconsumed: h.unconsumed()})
}

// settle checks that nothing is left, and how many panics there were.
func settle(t *testing.T, l *Loop, panics uint64) {
	t.Helper()
	l.RunUntilIdle()
	if n := l.Reactor.Conns(); n > 0 {
		t.Errorf("%d connections are left", n)
	}
	if n := l.Reactor.Stats().Panics; n != panics {
		t.Errorf("the handler has panicked %d times, want %d", n, panics)
	}
}
