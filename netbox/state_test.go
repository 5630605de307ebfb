package netbox

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// closedPort is an address nobody listens on.
func closedPort(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func TestStatesHaveTheNamesOfNetBox(t *testing.T) {
	want := "initial auth fetch_schema active graceful_shutdown error error_reconnect closed"
	var names []string
	for s := StateInitial; s <= StateClosed; s++ {
		names = append(names, s.String())
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestConnectWithoutWaiting(t *testing.T) {
	greet, answer := make(chan struct{}), make(chan struct{})
	sc := perform(t, func(_ int, s *script) {
		<-greet
		s.introduce()
		r := s.next() // AUTH
		<-answer
		s.ok(r.Sync)
		s.answerAll(nil, 7)
	})
	c := connect(t, sc.addr, Options{NoWait: true, NoSchema: true, User: "alice"})
	if s := c.State(); s != StateInitial || c.IsConnected() || c.Err() != nil {
		t.Errorf("C37: state %v, err %v", s, c.Err())
	}
	expectState(t, c, `Connection is not established, state is "initial"`)
	close(greet)
	if err := c.WaitState(patience(t), StateAuth); err != nil {
		t.Fatal(err)
	}
	expectState(t, c, `Connection is not established, state is "auth"`)
	waits := make(chan error, 1)
	go func() { waits <- c.Ping(patience(t)) }() // a request that waits is sent when the connection is there
	close(answer)
	if err := <-waits; err != nil {
		t.Errorf("C37: %v", err)
	}
	if err := c.WaitConnected(patience(t)); err != nil || c.State() != StateActive || !c.IsConnected() {
		t.Errorf("C37: %v, state %v", err, c.State())
	}
}

// expectState checks how a request that does not wait is refused.
func expectState(t *testing.T, c *Conn, words string) {
	t.Helper()
	_, err := c.Send(Ping()).Wait(patience(t))
	if !errors.Is(err, ErrNotSent) || !errors.Is(err, iproto.CodeNoConnection) || !strings.Contains(err.Error(), words) {
		t.Errorf("C37: got %v, want %q", err, words)
	}
}

func TestConnectToAClosedPortWithoutWaiting(t *testing.T) {
	c := connect(t, closedPort(t), Options{NoWait: true})
	if err := c.WaitConnected(patience(t)); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("C38: %v", err)
	}
	if c.State() != StateError || !strings.Contains(c.Err().Error(), "connection refused") || c.Ping(patience(t)) == nil {
		t.Errorf("C38: state %v, %v", c.State(), c.Err())
	}
	if err := c.Close(); err != nil || c.State() != StateError {
		t.Errorf("C40: %v, state %v", err, c.State())
	}
}

func TestWaitForStates(t *testing.T) {
	c := connect(t, play(t, func(s *script) { s.introduce(); s.waitEOF() }), Options{NoSchema: true})
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.WaitState(done, StateActive, StateAuth); err != nil {
		t.Errorf("C45: one of a set that is there: %v", err)
	}
	if err := c.WaitState(done, StateAuth); !errors.Is(err, context.Canceled) {
		t.Errorf("C45: one that is not: %v", err)
	}
	waits := make(chan error, 1)
	go func() { waits <- c.WaitState(patience(t), StateGracefulShutdown) }()
	reactortest.Eventually(t, func() bool {
		c.machine.mu.Lock()
		defer c.machine.mu.Unlock()
		return len(c.machine.waiters) == 1
	}, "a waiter")
	c.Close()
	if err := <-waits; !errors.Is(err, ErrClosed) {
		t.Errorf("C45: a wait that Close ends: %v", err)
	}
	if err := c.WaitState(patience(t), StateClosed); err != nil || c.State() != StateClosed {
		t.Errorf("C45: %v, state %v", err, c.State())
	}
	c = connect(t, closedPort(t), Options{NoWait: true})
	if err := c.WaitState(patience(t), StateError); err != nil {
		t.Errorf("C45: %v", err)
	}
	if err := c.WaitConnected(patience(t)); err == nil {
		t.Error("C45: a wait in the state error")
	}
}

func TestReconnectWhenTheServerIsBack(t *testing.T) {
	gate := make(chan struct{})
	sc := perform(t, func(n int, s *script) {
		if n > 0 {
			<-gate
		}
		s.introduce()
		if n > 0 {
			s.answerAll(nil, 7)
			return
		}
		s.next() // and breaks with it in flight
	})
	c := connect(t, sc.addr, Options{NoSchema: true, ReconnectAfter: time.Millisecond})
	first := c.Send(Call("f"))
	lastSync := first.sync
	_, err := first.Wait(patience(t))
	if !errors.Is(err, ErrMaybeExecuted) || !errors.Is(err, io.EOF) || c.State() == StateActive {
		t.Errorf("C108: %v, state %v", err, c.State())
	}
	if _, err := c.Send(Ping()).Wait(patience(t)); !errors.Is(err, ErrNotSent) || !errors.Is(err, io.EOF) {
		t.Errorf("C110: %v", err)
	}
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.Call(short, "f"); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, io.EOF) || !SafeToRetry(err) {
		t.Errorf("C109: %v", err)
	}
	waits := make(chan error, 1)
	go func() { waits <- c.Ping(patience(t)) }()
	close(gate)
	if err := <-waits; err != nil {
		t.Errorf("C109: %v", err)
	}
	second := c.Send(Call("f"))
	if r, err := second.Wait(patience(t)); err != nil || r.Int(0) != 7 || second.sync>>slotBits <= lastSync>>slotBits {
		t.Errorf("C115: sync %d after %d, %v", second.sync, lastSync, err)
	}
	if _, err := first.Wait(patience(t)); !errors.Is(err, io.EOF) {
		t.Errorf("C80: %v", err)
	}
	if c.Err() != nil || c.Version() != "3.3.0" {
		t.Errorf("C108: %v", c.Err())
	}
}

func TestPausesBetweenAttempts(t *testing.T) {
	var times []time.Time
	var mu sync.Mutex
	sc := perform(t, func(_ int, s *script) {
		mu.Lock()
		defer mu.Unlock()
		times = append(times, time.Now())
	})
	c := connect(t, sc.addr, Options{NoWait: true, ReconnectAfter: 30 * time.Millisecond})
	reactortest.Eventually(t, func() bool { return sc.connections() >= 4 }, "four attempts")
	c.Close()
	mu.Lock()
	defer mu.Unlock()
	for i := 1; i < 4; i++ {
		if d := times[i].Sub(times[i-1]); d < 25*time.Millisecond {
			t.Errorf("C112: attempt %d after %v", i, d)
		}
	}
	if m := c.Metrics(); m.Failures < 3 || m.Reconnects < 3 || m.Connects != 0 {
		t.Errorf("C112: %+v", m)
	}
}

func TestPausesGrowToTheirMost(t *testing.T) {
	p := pause{first: 10, most: 45}
	for i, most := range []time.Duration{10, 20, 40, 45, 45} {
		if d := p.next(); d < most/2 || d > most {
			t.Errorf("pause %d is %d, want %d to %d", i, d, most/2, most)
		}
	}
	p.reset()
	if d := p.next(); d > 10 {
		t.Errorf("after a success: %d", d)
	}
}

func TestCloseWithinThePause(t *testing.T) {
	c := connect(t, closedPort(t), Options{NoWait: true, ReconnectAfter: time.Hour})
	if err := c.WaitState(patience(t), StateErrorReconnect); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil || c.State() != StateClosed {
		t.Errorf("C113: %v, state %v", err, c.State())
	}
}

func TestConnectGivesUpWithItsContextWhileItReconnects(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	_, err := Connect(ctx, closedPort(t), Options{ReconnectAfter: time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestCloseInAFiber(t *testing.T) {
	for name, addr := range map[string]string{
		"connected": perform(t, func(_ int, s *script) { s.introduce(); s.answerAll(nil) }).addr,
		"refused":   closedPort(t),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := reactor.New(reactor.Config{Loops: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var ended atomic.Int32
			for i := range r.Loops() {
				fiber, err := r.Loop(i).Go(patience(t), func(ctx context.Context) {
					c, err := Connect(ctx, addr, Options{NoSchema: true, Reactor: r, NoWait: true, ReconnectAfter: time.Millisecond})
					if err != nil {
						t.Error(err)
						return
					}
					if name == "connected" {
						if err := c.Ping(ctx); err != nil {
							t.Error(err)
						}
					}
					if err := c.Close(); err != nil || c.State() != StateClosed {
						t.Errorf("%v, state %v", err, c.State())
					}
					ended.Add(1)
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := fiber.Wait(patience(t)); err != nil {
					t.Error(err)
				}
			}
			if ended.Load() != 2 {
				t.Errorf("%d fibers came to their end", ended.Load())
			}
		})
	}
}

func TestRequirements(t *testing.T) {
	for name, tt := range map[string]struct {
		o     Options
		words string
	}{
		"version":  {Options{RequiredVersion: 99}, "Protocol version (10) < required (99)"},
		"features": {Options{RequiredFeatures: []iproto.Feature{0, 20, 21}}, "Missing required protocol features: feature 20, feature 21"},
	} {
		t.Run("C25 "+name, func(t *testing.T) {
			sc := perform(t, func(_ int, s *script) { s.introduceModern(); s.waitEOF() })
			if _, err := Connect(patience(t), sc.addr, tt.o); err == nil || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("got %v, want %q", err, tt.words)
			}
			tt.o.NoWait, tt.o.ReconnectAfter = true, time.Millisecond
			c := connect(t, sc.addr, tt.o)
			reactortest.Eventually(t, func() bool { return sc.connections() > 3 }, "more attempts")
			if err := c.Err(); err == nil || err.Error() != tt.words {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTimeoutView(t *testing.T) {
	sc := perform(t, func(_ int, s *script) {
		s.introduce()
		s.next() // unanswered
		s.answerAll(nil, 7)
	})
	c := connect(t, sc.addr, Options{NoSchema: true})
	short := c.WithTimeout(20 * time.Millisecond)
	if _, err := short.Call(context.Background(), "slow"); !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "timed out") {
		t.Errorf("C107: %v", err)
	}
	if _, err := c.Call(context.Background(), "f"); err != nil { // the base connection is as it was
		t.Errorf("C107: %v", err)
	}
	down := connect(t, closedPort(t), Options{NoWait: true, ReconnectAfter: time.Hour})
	if err := down.WithTimeout(time.Millisecond).Ping(context.Background()); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.Is(err, ErrNotSent) {
		t.Errorf("C103: %v", err)
	}
}

func TestZeroTimeoutStillSends(t *testing.T) {
	arrived := make(chan struct{})
	sc := perform(t, func(_ int, s *script) {
		s.introduce()
		if r := s.next(); r.Type == iproto.TypeCall {
			close(arrived)
		}
		s.waitEOF()
	})
	c := connect(t, sc.addr, Options{NoSchema: true})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Call(ctx, "f"); !errors.Is(err, context.Canceled) {
		t.Errorf("C106: %v", err)
	}
	<-arrived
}

func TestSilentServerIsFoundOut(t *testing.T) {
	sc := perform(t, func(n int, s *script) {
		s.introduce()
		if n == 0 {
			for s.next().Type != 0 {
			}
			return
		}
		s.answerAll(nil, 7)
	})
	c := connect(t, sc.addr, Options{NoSchema: true, ReconnectAfter: time.Millisecond, PingEvery: 20 * time.Millisecond, PingTimeout: 300 * time.Millisecond})
	_, err := c.Send(Call("f")).Wait(patience(t))
	if !errors.Is(err, ErrSilent) || !errors.Is(err, ErrMaybeExecuted) {
		t.Errorf("got %v", err)
	}
	if r, err := c.Call(patience(t), "f"); err != nil || r.Int(0) != 7 {
		t.Errorf("after it: %v", err)
	}
	connections := sc.connections()
	before := c.Metrics().Answers
	reactortest.Eventually(t, func() bool { return c.Metrics().Answers > before+2 }, "a few pings to be answered")
	if sc.connections() != connections {
		t.Error("a server that answers pings was given up")
	}
}

func TestGoroutinesAndFibersEndWithClose(t *testing.T) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	sc := perform(t, func(_ int, s *script) { s.introduceModern(); s.answerAll(nil, 7) })
	before := runtime.NumGoroutine()
	for range 20 {
		c := connect(t, sc.addr, Options{NoSchema: true, Reactor: r, ReconnectAfter: time.Millisecond})
		if _, err := c.Watch("k", func(string, Value) {}); err != nil {
			t.Error(err)
		}
		if _, err := c.Call(patience(t), "f"); err != nil {
			t.Error(err)
		}
		waitClosed(t, c)
	}
	reactortest.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+2 }, "C46: the goroutines to end")
	if err := r.Shutdown(patience(t)); err != nil { // which waits for fibers
		t.Errorf("C46: %v", err)
	}
}

func TestErrorsAreToldApart(t *testing.T) {
	sc := perform(t, func(_ int, s *script) {
		s.introduce()
		s.Write(iproto.NewError(iproto.CodeNoSuchProc, "no").AppendReply(nil, s.next().Sync, 1))
		s.next()
	})
	c := connect(t, sc.addr, Options{NoSchema: true})
	var answer *Error
	if _, err := c.Call(patience(t), "f"); !errors.Is(err, iproto.CodeNoSuchProc) || !errors.As(err, &answer) || errors.Is(err, iproto.CodeNoConnection) {
		t.Errorf("C195: %v", err)
	}
	if _, err := c.WithTimeout(time.Millisecond).Call(patience(t), "f"); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, iproto.CodeNoConnection) {
		t.Errorf("C195: %v", err)
	}
	<-c.Done()
	if err := c.Ping(patience(t)); !errors.Is(err, iproto.CodeNoConnection) || errors.As(err, &answer) {
		t.Errorf("C195: %v", err)
	}
}

func TestPanicAmongPushes(t *testing.T) {
	c := connectTo(t, func(s *script) {
		r := s.next()
		s.Write(iproto.AppendChunk(nil, r.Sync, 1, []byte{9}))
		s.ok(r.Sync, 7)
		s.ok(s.next().Sync, 8)
	})
	f := c.Send(Call("f"))
	func() {
		defer func() {
			if v := recover(); v != "overboard" {
				t.Errorf("C101: recovered %v", v)
			}
		}()
		for range f.Pushes(patience(t)) {
			panic("overboard")
		}
	}()
	if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != 7 {
		t.Errorf("C101: %v", err)
	}
	if r, err := c.Call(patience(t), "g"); err != nil || r.Int(0) != 8 {
		t.Errorf("C101: the connection is lost: %v", err)
	}
}

func TestConnNamesItselfWithoutSecrets(t *testing.T) {
	c := connect(t, "alice:secret@"+closedPort(t), Options{NoWait: true})
	if s := c.String() + c.Peer(); strings.Contains(s, "secret") || strings.Contains(s, "alice") || !strings.Contains(s, "127.0.0.1:") {
		t.Errorf("C50: %s", s)
	}
	_ = c.WaitConnected(patience(t))
	if strings.Contains(c.Err().Error(), "secret") {
		t.Errorf("C50: %v", c.Err())
	}
}
