//go:build unix

package reactortest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// recorder is a handler that notes what it is called with, and answers with the same.
type recorder struct {
	calls []string
}

func (r *recorder) note(format string, args ...any) {
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
}

func (r *recorder) OnData(c *reactor.Conn, p []byte) int {
	r.note("data %s", p)
	_, _ = c.Write(p)
	return len(p)
}

func (r *recorder) OnClose(_ *reactor.Conn, err error) { r.note("close %v", err) }

func (r *recorder) want(t *testing.T, calls ...string) {
	t.Helper()
	if !slices.Equal(r.calls, calls) {
		t.Errorf("calls %q, want %q", r.calls, calls)
	}
	r.calls = nil
}

// serve is for Connect.
func serve(h reactor.Handler) func(*reactor.Conn) reactor.Handler {
	return func(*reactor.Conn) reactor.Handler { return h }
}

func TestNothingHappensBetweenSteps(t *testing.T) {
	l := reactortest.NewLoop(t, reactor.Config{})
	r := &recorder{}
	s := l.Connect(serve(r))
	for _, p := range []string{"a", "b", "c"} {
		_, _ = s.Write([]byte(p))
	}
	ran := false
	_ = l.Loop().Post(func() { ran = true })
	time.Sleep(time.Millisecond) // a loop that runs by itself would use it
	if len(r.calls) > 0 || ran || len(s.Received()) > 0 {
		t.Error("the loop runs by itself")
	}
	l.RunUntilIdle()
	r.want(t, "data abc")
	if got := string(s.Next()); !ran || got != "abc" || len(s.Next()) > 0 {
		t.Errorf("posted ran: %v, received %q", ran, got)
	}
	l.RunUntilIdle() // it can write again, for all that was read here
	if l.Step() {
		t.Error("an idle loop has something to do")
	}
}

func TestConnectionsEndAsTheyDo(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(l *reactortest.Loop, s *reactortest.Stream)
		want string
		err  error
	}{
		{"CloseWrite", func(_ *reactortest.Loop, s *reactortest.Stream) { s.CloseWrite() }, "close EOF", io.EOF},
		{"Close", func(_ *reactortest.Loop, s *reactortest.Stream) { s.Close() }, "close EOF", nil},
		{"of the loop's end", func(_ *reactortest.Loop, s *reactortest.Stream) { _ = s.Conn.Close() }, "close <nil>", io.EOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := reactortest.NewLoop(t, reactor.Config{})
			r := &recorder{}
			s := l.Connect(serve(r))
			tt.end(l, s)
			l.RunUntilIdle()
			r.want(t, tt.want)
			if err := s.Ended(); !errors.Is(err, tt.err) {
				t.Errorf("the stream has ended with %v, want %v", err, tt.err)
			}
			if n := l.Reactor.Conns(); n != 0 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestDeadlinesOfAConnectionGoByTheClock(t *testing.T) {
	for name, set := range map[string]func(c *reactor.Conn, now time.Time){
		"close " + reactor.ErrReadTimeout.Error(): func(c *reactor.Conn, now time.Time) { c.SetReadDeadline(now.Add(time.Hour)) },
		"close " + reactor.ErrIdleTimeout.Error(): func(c *reactor.Conn, _ time.Time) { c.SetIdleTimeout(time.Hour) },
	} {
		l := reactortest.NewLoop(t, reactor.Config{})
		r := &recorder{}
		s := l.Connect(serve(r))
		l.Advance(100 * time.Hour) // away from the real time
		l.RunUntilIdle()
		l.Do(func() { set(s.Conn, l.Now()) })
		l.Advance(59 * time.Minute)
		l.RunUntilIdle()
		r.want(t)
		l.Advance(time.Minute)
		l.RunUntilIdle()
		r.want(t, name)
	}
}

func TestWriteRunsTheLoopWhenTheKernelIsFull(t *testing.T) {
	l := reactortest.NewLoop(t, reactor.Config{})
	total := 0
	s := l.Connect(serve(&counting{&total}))
	const size = 4 << 20
	if n, err := s.Write(make([]byte, size)); n != size || err != nil {
		t.Fatal(n, err)
	}
	l.RunUntilIdle()
	if total != size {
		t.Errorf("%d of %d bytes came", total, size)
	}
	l.Do(s.Conn.PauseRead)
	if _, err := s.Write(make([]byte, size)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("writing to one who does not read: %v", err)
	}
	l.Do(func() { s.Conn.Abort(nil) })
	if _, err := s.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("writing to one who is gone: %v", err)
	}
}

type counting struct{ n *int }

func (c *counting) OnData(_ *reactor.Conn, p []byte) int { *c.n += len(p); return len(p) }
func (*counting) OnClose(*reactor.Conn, error)           {}

func TestTimersFollowTheClock(t *testing.T) {
	l := reactortest.NewLoop(t, reactor.Config{})
	begin := l.Now()
	var fired []time.Duration
	note := func() { fired = append(fired, l.Now().Sub(begin)) }
	l.Do(func() {
		for _, d := range []time.Duration{3 * time.Hour, time.Second, time.Minute, time.Minute} {
			l.Loop().AfterFunc(d, note)
		}
		l.Loop().AfterFunc(2*time.Second, note).Stop()
		moved := l.Loop().AfterFunc(time.Second, note)
		moved.Reset(2 * time.Minute)
		var tick *reactor.Timer // sets itself again
		n := 0
		tick = l.Loop().AfterFunc(time.Hour, func() {
			if note(); n < 1 {
				n++
				tick.Reset(time.Hour)
			}
		})
	})
	l.Advance(time.Second - 1)
	if len(fired) > 0 {
		t.Errorf("fired at %v", fired)
	}
	l.Advance(10 * time.Hour)
	want := []time.Duration{time.Second, time.Minute, time.Minute, 2 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour}
	if !slices.Equal(fired, want) {
		t.Errorf("fired at %v, want %v", fired, want)
	}
	if passed := l.Now().Sub(begin); passed != 10*time.Hour+time.Second-1 {
		t.Errorf("%v have passed", passed)
	}
}

func TestFibersSleepByTheClock(t *testing.T) {
	l := reactortest.NewLoop(t, reactor.Config{})
	begin := l.Now()
	var woke []string
	for i, d := range []time.Duration{time.Hour, time.Minute, 0} {
		if _, err := l.Loop().Go(context.Background(), func(ctx context.Context) {
			_ = reactor.Sleep(ctx, d)
			woke = append(woke, fmt.Sprint(i, " ", l.Now().Sub(begin)))
			w := reactor.NewWaiter(ctx)
			defer w.Free()
			if err := w.Wait(ctx, l.Now().Add(time.Second)); !errors.Is(err, reactor.ErrTimeout) {
				t.Error(err)
			}
			woke = append(woke, fmt.Sprint(i, " ", l.Now().Sub(begin)))
		}); err != nil {
			t.Fatal(err)
		}
	}
	l.Advance(2 * time.Hour)
	want := []string{"2 0s", "2 1s", "1 1m0s", "1 1m1s", "0 1h0m0s", "0 1h0m1s"}
	if !slices.Equal(woke, want) {
		t.Errorf("woke %v, want %v", woke, want)
	}
}

// TestRunsAreTheSame runs what many fibers, timers and connections do to each other, several times.
func TestRunsAreTheSame(t *testing.T) {
	run := func() (log []string) {
		l := reactortest.NewLoop(t, reactor.Config{})
		var streams []*reactortest.Stream
		for i := range 5 {
			r := &recorder{}
			streams = append(streams, l.Connect(func(c *reactor.Conn) reactor.Handler {
				_, _ = l.Loop().Go(context.Background(), func(ctx context.Context) {
					for n := range 5 {
						_ = reactor.Sleep(ctx, time.Duration(n*(5-i))*time.Millisecond)
						log = append(log, fmt.Sprint("fiber ", i, n))
						_ = c.WriteNow([]byte{'0' + byte(n)})
					}
				})
				return r
			}))
		}
		for i := range 40 {
			_, _ = streams[i*7%5].Write([]byte{'a' + byte(i)})
			l.Advance(time.Duration(i%3) * time.Millisecond)
		}
		for _, s := range streams {
			log = append(log, string(s.Received()))
		}
		return log
	}
	first := run()
	for range 5 {
		if again := run(); !slices.Equal(first, again) {
			t.Fatalf("a run\n%q\nand another\n%q", first, again)
		}
	}
}

func TestRunUntilWaitsForOthers(t *testing.T) {
	l := reactortest.NewLoop(t, reactor.Config{})
	done := false
	_, _ = l.Loop().Go(context.Background(), func(ctx context.Context) {
		reactor.Await(ctx, func() { time.Sleep(5 * time.Millisecond) })
		done = true
	})
	l.RunUntil(func() bool { return done }, "the fiber to end")
}

func TestALoopIsLetGoAtTheEnd(t *testing.T) {
	l := reactortest.NewLoop(t, reactor.Config{FlushTimeout: time.Millisecond})
	r := &recorder{}
	s := l.Connect(serve(r))
	l.Do(func() { _, _ = s.Conn.Write(make([]byte, 8<<20)) })
	if err := l.Reactor.Shutdown(context.Background()); err != nil { // the timeout passes though nobody advances the clock
		t.Error(err)
	}
	r.want(t, "close "+reactor.ErrFlushTimeout.Error())
	if l.Step() {
		t.Error("a loop that has stopped has something to do")
	}
}

func TestManualIsForOneLoop(t *testing.T) {
	var m reactor.Manual
	if _, err := reactor.New(reactor.Config{Loops: 2, Manual: &m}); err == nil {
		t.Error("New took two loops")
	}
	r, err := reactor.New(reactor.Config{Manual: &m})
	if err != nil || r.Loops() != 1 {
		t.Fatal(err)
	}
	if _, err := reactor.New(reactor.Config{Manual: &m}); err == nil {
		t.Error("New took a Manual twice")
	}
	_ = r.Close()
}
