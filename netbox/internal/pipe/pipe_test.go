package pipe

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.Main(m) }

// A side is an end with a handler that takes note of its calls. All of it is the loop's but closed.
type side struct {
	*End
	got             []byte
	take            int // how many bytes OnData takes; -1: all
	drains, hangups int
	pressure        []bool
	closed          chan error // sent to by the loop
}

func (s *side) OnData(p []byte) int {
	n := len(p)
	if s.take >= 0 {
		n = min(n, s.take)
	}
	s.got = append(s.got, p[:n]...)
	return n
}

func (s *side) OnDrain()             { s.drains++ }
func (s *side) OnPressure(high bool) { s.pressure = append(s.pressure, high) }
func (s *side) OnHangup()            { s.hangups++ }
func (s *side) OnClose(err error)    { s.closed <- err }

// on runs f on the loop of the end, after what has been posted.
func (s *side) on(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{}) // closed by the loop
	if err := s.Loop().Post(func() { defer close(done); f() }); err != nil {
		t.Fatal(err)
	}
	<-done
}

// eventually waits until cond, which the loop is asked.
func (s *side) eventually(t *testing.T, cond func() bool, what string) {
	t.Helper()
	reactortest.Eventually(t, func() (ok bool) {
		s.on(t, func() { ok = cond() })
		return ok
	}, "%s", what)
}

// each runs a test with both ends on one loop, and with two.
func each(t *testing.T, test func(t *testing.T, a, b *side)) {
	for name, loops := range map[string]int{"one loop": 1, "two loops": 2} {
		t.Run(name, func(t *testing.T) {
			r, err := reactor.New(reactor.Config{Loops: loops})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			x, y := New(r.Loop(0), r.Loop(loops-1))
			a := &side{End: x, take: -1, closed: make(chan error, 1)}
			b := &side{End: y, take: -1, closed: make(chan error, 1)}
			x.Open(a)
			y.Open(b)
			test(t, a, b)
		})
	}
}

func TestBytesArriveInOrder(t *testing.T) {
	each(t, func(t *testing.T, a, b *side) {
		var want []byte
		for i := range 10_000 {
			if _, err := a.Write([]byte{byte(i), byte(i >> 8)}); err != nil {
				t.Fatal(err)
			}
			want = append(want, byte(i), byte(i>>8))
		}
		b.eventually(t, func() bool { return bytes.Equal(b.got, want) }, "all of it")
		if a.Sent() != 20_000 || a.Queued() != 0 {
			t.Errorf("%d sent, %d queued", a.Sent(), a.Queued())
		}
	})
}

func TestWhatIsNotConsumedComesAgain(t *testing.T) {
	each(t, func(t *testing.T, a, b *side) {
		b.on(t, func() { b.take = 0; b.Expect(4) })
		_ = a.WriteNow([]byte("abc"))
		b.eventually(t, func() bool { return a.Queued() == 0 && len(b.got) == 0 }, "it to be taken and not to be given")
		b.on(t, func() { b.take = -1 })
		_ = a.WriteNow([]byte("d"))
		b.eventually(t, func() bool { return string(b.got) == "abcd" }, "all of it")
	})
}

func TestPauseStopsTheOtherEnd(t *testing.T) {
	each(t, func(t *testing.T, a, b *side) {
		b.on(t, b.PauseRead)
		a.SetWatermarks(10, 100)
		_ = a.WriteNow(make([]byte, 101))
		a.eventually(t, func() bool { return len(a.pressure) == 1 && a.pressure[0] }, "pressure")
		a.on(t, a.WantDrain)
		a.on(t, func() {
			if a.Queued() != 101 || a.drains != 0 {
				t.Errorf("%d queued, %d drains", a.Queued(), a.drains)
			}
		})
		b.on(t, b.ResumeRead)
		a.eventually(t, func() bool { return len(a.pressure) == 2 && a.drains == 1 }, "no pressure, and a drain")
	})
}

func TestCloseIsBehindTheOutput(t *testing.T) {
	each(t, func(t *testing.T, a, b *side) {
		b.on(t, b.PauseRead)
		_ = a.WriteNow([]byte("farewell"))
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if err := a.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
		if err := a.WriteNow([]byte("too late")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
		if err := <-a.closed; err != nil {
			t.Error(err)
		}
		b.eventually(t, func() bool { return b.hangups == 1 }, "the end that pauses to be told")
		b.on(t, b.ResumeRead)
		if err := <-b.closed; !errors.Is(err, io.EOF) || string(b.got) != "farewell" {
			t.Errorf("got %q, %v", b.got, err)
		}
	})
}

func TestAbortDropsTheOutput(t *testing.T) {
	each(t, func(t *testing.T, a, b *side) {
		b.on(t, b.PauseRead)
		_ = a.WriteNow([]byte("nobody will read this"))
		why := errors.New("why")
		a.Abort(why)
		if err := <-a.closed; !errors.Is(err, why) {
			t.Error(err)
		}
		b.on(t, b.ResumeRead)
		if err := <-b.closed; !errors.Is(err, io.EOF) || len(b.got) > 0 {
			t.Errorf("got %q, %v", b.got, err)
		}
	})
}

func TestEndsOnALoopThatHasStopped(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	x, y := New(r.Loop(0), r.Loop(0))
	a, b := &side{End: x, closed: make(chan error, 1)}, &side{End: y, closed: make(chan error, 1)}
	x.Open(a)
	y.Open(b)
	_ = r.Close()
	_ = a.WriteNow([]byte("x"))
	if err := <-b.closed; !errors.Is(err, reactor.ErrStopped) {
		t.Errorf("got %v", err)
	}
	a.Abort(nil)
	if err := <-a.closed; !errors.Is(err, reactor.ErrStopped) { // it learnt of that from the other end
		t.Errorf("got %v", err)
	}
}
