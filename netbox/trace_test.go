package netbox

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestTraceTellsWhatHappens(t *testing.T) {
	var j journal
	var in, out, pushed atomic.Int64
	trace := &Trace{
		RequestStart: func(r RequestTrace) { j.add(fmt.Sprintf("start %v %s %d;", r.Type, r.Name, r.Stream)) },
		RequestDone: func(r RequestTrace, took time.Duration, err error) {
			if took < 0 || r.Start.IsZero() {
				t.Errorf("took %v", took)
			}
			j.add(fmt.Sprintf("done %v %v;", r.Type, err != nil))
		},
		Push:     func(n int) { pushed.Add(int64(n)) },
		Received: func(n int) { in.Add(int64(n)) },
		Sent:     func(n int) { out.Add(int64(n)) },
		State:    func(s State, err error) { j.add(fmt.Sprintf("%v %v;", s, err)) },
	}
	c := connect(t, play(t, func(s *script) {
		s.introduce()
		r := s.next()
		s.Write(iproto.AppendChunk(nil, r.Sync, 1, []byte{9}))
		s.ok(r.Sync, 7)
		s.Write(iproto.NewError(1, "x").AppendReply(nil, s.next().Sync, 1))
		s.next()
	}), Options{NoSchema: true, Trace: trace})
	c.Call(patience(t), "f")
	c.Eval(patience(t), "g")
	c.Send(Ping()).Wait(patience(t))
	<-c.Done()
	c.Ping(patience(t))
	want := "auth <nil>; active <nil>; start CALL f 0; done CALL false; start EVAL g 0; done EVAL true; start PING  0;" +
		" error Peer closed; done PING true; start PING  0; done PING true;"
	if got := j.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	m := c.Metrics()
	if pushed.Load() == 0 || in.Load() == 0 || uint64(out.Load()) != m.BytesOut {
		t.Errorf("%d bytes in, %d out, %d pushed, %+v", in.Load(), out.Load(), pushed.Load(), m)
	}
	if m.Requests != 4 || m.Answers != 3 || m.Pushes != 1 || m.Connects != 1 || m.InFlight != 0 || m.State != StateError {
		t.Errorf("%+v", m)
	}
}

// breaking answers the n-th connection's first request only from connection number n on; those before break.
func breaking(t *testing.T, n int, o Options) (c *Conn, sc *scene) {
	sc = perform(t, func(i int, s *script) {
		s.introduce()
		if i >= n {
			s.answerAll(nil, 7)
			return
		}
		s.next()
	})
	o.NoSchema, o.ReconnectAfter = true, time.Millisecond
	return connect(t, sc.addr, o), sc
}

func TestRequestsThatMayBeMadeAgainAre(t *testing.T) {
	retry := Retry{Attempts: 4, Pause: time.Millisecond}
	for name, req := range map[string]Request{
		"ping": Ping(), "idempotent call": Call("f").Idempotent(), "call": Call("f"),
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := breaking(t, 3, Options{Retry: retry})
			_, err := c.Do(patience(t), req)
			if repeats := name != "call"; repeats != (err == nil) || c.Metrics().Retries != map[bool]uint64{true: 3}[repeats] {
				t.Errorf("%v after %d retries", err, c.Metrics().Retries)
			}
		})
	}
	t.Run("only so often", func(t *testing.T) {
		c, _ := breaking(t, 10, Options{Retry: retry})
		if err := c.Ping(patience(t)); !errors.Is(err, ErrMaybeExecuted) || c.Metrics().Retries != 3 {
			t.Errorf("%v after %d retries", err, c.Metrics().Retries)
		}
	})
	t.Run("within the budget", func(t *testing.T) {
		c, _ := breaking(t, 1000, Options{Retry: Retry{Attempts: 1000, Pause: 1, Budget: 0.001}})
		if err := c.Ping(patience(t)); !errors.Is(err, ErrMaybeExecuted) || c.Metrics().Retries > retryBurst+1 {
			t.Errorf("%v after %d retries", err, c.Metrics().Retries)
		}
	})
	for _, r := range []Retry{{Attempts: -1}, {Pause: -1}, {Budget: -1}} {
		if _, err := Connect(patience(t), "1", Options{Retry: r}); err == nil || !strings.Contains(err.Error(), "Retry") {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestQueueOfAServerThatDoesNotRead(t *testing.T) {
	gate := make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	defer open()
	c := connect(t, play(t, func(s *script) {
		s.introduce()
		<-gate
		s.answerAll(nil, 7)
	}), Options{NoSchema: true, MaxQueued: 1 << 20})
	call := Call("f", make([]byte, 100<<10))
	fill(t, c)
	if _, err := c.Send(call).Result(); !errors.Is(err, ErrQueueFull) || !SafeToRetry(err) {
		t.Errorf("got %v", err)
	}
	waits := make(chan error, 10)
	for range cap(waits) {
		go func() { waits <- c.Ping(patience(t)) }()
	}
	reactortest.Eventually(t, func() bool {
		c.link.mu.Lock()
		defer c.link.mu.Unlock()
		return len(c.link.senders) == cap(waits)
	}, "senders to wait for room")
	short := c.WithTimeout(time.Millisecond)
	if err := short.Ping(patience(t)); !errors.Is(err, ErrNotSent) {
		t.Errorf("a wait that is given up: %v", err)
	}
	open()
	for range cap(waits) {
		if err := <-waits; err != nil {
			t.Error(err)
		}
	}
	if r, err := c.Call(patience(t), "f"); err != nil || r.Int(0) != 7 {
		t.Error(err)
	}
}

func TestQueueOfAConnectionThatBreaks(t *testing.T) {
	gate := make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	defer open()
	c := connect(t, play(t, func(s *script) {
		s.introduce()
		<-gate
		s.SetLinger(0)
	}), Options{NoSchema: true, MaxQueued: 1 << 20})
	fill(t, c)
	waits := make(chan error, 1)
	go func() { waits <- c.Ping(patience(t)) }()
	reactortest.Eventually(t, func() bool {
		c.link.mu.Lock()
		defer c.link.mu.Unlock()
		return len(c.link.senders) == 1
	}, "a sender to wait for room")
	open()
	if err := <-waits; !errors.Is(err, ErrNotSent) {
		t.Error(err)
	}
}

// fill sends until the server's slowness is felt.
func fill(t *testing.T, c *Conn) {
	t.Helper()
	reactortest.Eventually(t, func() bool {
		if f := c.Send(Call("f", make([]byte, 1<<20))); f.Ready() {
			if _, err := f.Result(); !errors.Is(err, ErrQueueFull) {
				t.Fatal(err)
			}
		}
		c.link.mu.Lock()
		defer c.link.mu.Unlock()
		return c.link.pressed
	}, "the queue to be full")
}
