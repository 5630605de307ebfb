package netbox

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A journal is what has happened, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, " ")
}

// Write makes a journal of a log.
func (j *journal) Write(p []byte) (int, error) {
	j.add(string(p))
	return len(p), nil
}

// notes returns a trigger that makes a note.
func (j *journal) notes(line string) func(*Conn) error {
	return func(*Conn) error {
		j.add(line)
		return nil
	}
}

// waitClosed closes and waits for the triggers.
func waitClosed(t *testing.T, c *Conn) {
	t.Helper()
	c.Close()
	if err := c.WaitState(patience(t), StateClosed); err != nil {
		t.Error(err)
	}
}

func TestTriggersRunAtEachConnectionAndItsEnd(t *testing.T) {
	gate := make(chan struct{})
	sc := perform(t, func(n int, s *script) {
		<-gate
		s.introduce()
		if n < 2 {
			s.ok(s.next().Sync)
			return
		}
		s.answerAll(nil)
	})
	c := connect(t, sc.addr, Options{NoWait: true, NoSchema: true, ReconnectAfter: time.Millisecond})
	var j journal
	c.OnConnect(func(of *Conn) error {
		if of != c || !of.IsConnected() {
			t.Errorf("C130: %v", of)
		}
		j.add("connect")
		return of.Ping(patience(t)) // C134: unlike in net.box, requests that wait are allowed
	})
	c.OnDisconnect(j.notes("disconnect"))
	close(gate)
	if err := c.WaitConnected(patience(t)); err != nil {
		t.Fatal(err)
	}
	reactortest.Eventually(t, func() bool { return strings.Count(j.String(), " connect") == 2 }, "two reconnections")
	if err := c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
	waitClosed(t, c)
	want := "connect disconnect connect disconnect connect disconnect"
	if got := j.String(); got != want {
		t.Errorf("C130: got %s, want %s", got, want)
	}
}

func TestOnDisconnectIsForConnectionsThatWereActive(t *testing.T) {
	c := connect(t, closedPort(t), Options{NoWait: true, ReconnectAfter: time.Millisecond})
	var j journal
	c.OnDisconnect(j.notes("disconnect"))
	reactortest.Eventually(t, func() bool { return c.Metrics().Failures > 3 }, "failures")
	waitClosed(t, c)
	if got := j.String(); got != "" {
		t.Errorf("C117: %s", got)
	}
}

func TestTriggersAreAddedReplacedAndRemoved(t *testing.T) {
	sc := perform(t, func(_ int, s *script) { s.introduce(); s.answerAll(nil) })
	var j journal
	c := connect(t, sc.addr, Options{NoSchema: true})
	first := c.OnDisconnect(j.notes("first"))
	second := c.OnDisconnect(j.notes("second"))
	third := c.OnDisconnect(j.notes("third"))
	var fourth *Trigger
	fourth = c.OnDisconnect(func(*Conn) error {
		j.add("fourth")
		return errors.Join(fourth.Remove(), third.Remove()) // itself and one behind it
	})
	if err := second.Remove(); err != nil {
		t.Error(err)
	}
	if err := second.Remove(); !errors.Is(err, ErrTrigger) {
		t.Errorf("removed twice: %v", err)
	}
	if err := second.Replace(j.notes("x")); !errors.Is(err, ErrTrigger) {
		t.Errorf("replaced after its end: %v", err)
	}
	if err := first.Replace(j.notes("replaced")); err != nil {
		t.Error(err)
	}
	waitClosed(t, c)
	if got := j.String(); got != "fourth replaced" { // the latest first
		t.Errorf("got %s", got)
	}
}

func TestErrorInOnConnect(t *testing.T) {
	for _, fatal := range []bool{false, true} {
		t.Run(fmt.Sprint("C131 fatal ", fatal), func(t *testing.T) {
			gate := make(chan struct{})
			sc := perform(t, func(_ int, s *script) { <-gate; s.introduce(); s.answerAll(nil) })
			c := connect(t, sc.addr, Options{NoWait: true, NoSchema: true, ReconnectAfter: time.Millisecond, FatalOnConnectError: fatal})
			var j journal
			refused := errors.New("not today")
			n := 0
			c.OnConnect(func(*Conn) error {
				j.add("connect")
				if n++; n <= 3 {
					return refused
				}
				return nil
			})
			c.OnDisconnect(j.notes("disconnect"))
			close(gate)
			err := c.WaitConnected(patience(t))
			if fatal {
				if !errors.Is(err, refused) || !errors.Is(err, ErrOnConnect) || c.State() != StateError || j.String() != "connect disconnect" {
					t.Errorf("got %v, state %v, %s", err, c.State(), &j)
				}
				return
			}
			want := strings.Repeat("connect disconnect ", 3) + "connect"
			if err != nil || j.String() != want {
				t.Errorf("got %v, %s, want %s", err, &j, want)
			}
		})
	}
}

func TestPanicInOnConnectIsAnError(t *testing.T) {
	gate := make(chan struct{})
	sc := perform(t, func(_ int, s *script) { <-gate; s.introduce(); s.answerAll(nil) })
	c := connect(t, sc.addr, Options{NoWait: true, NoSchema: true})
	c.OnConnect(func(*Conn) error { panic("at the disco") })
	close(gate)
	if err := c.WaitConnected(patience(t)); !errors.Is(err, ErrOnConnect) || !strings.Contains(err.Error(), "at the disco") {
		t.Errorf("C131: %v", err)
	}
}

func TestErrorsInOtherTriggersAreLogged(t *testing.T) {
	sc := perform(t, func(_ int, s *script) { s.introduce(); s.answerAll(nil) })
	var log journal
	c := connect(t, sc.addr, Options{NoSchema: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	c.OnDisconnect(func(*Conn) error { panic("overboard") })
	c.OnDisconnect(func(*Conn) error { return errors.New("no wind") })
	waitClosed(t, c)
	if got := log.String(); !strings.Contains(got, "overboard") || !strings.Contains(got, "no wind") || !strings.Contains(got, "on_disconnect") {
		t.Errorf("C132: %s", got)
	}
}

func TestSlowTriggersDoNotHoldUpClose(t *testing.T) {
	sc := perform(t, func(_ int, s *script) { s.introduce(); s.answerAll(nil) })
	c := connect(t, sc.addr, Options{NoSchema: true})
	gate := make(chan struct{})
	c.OnDisconnect(func(*Conn) error { <-gate; return nil })
	if err := c.Close(); err != nil || c.State() != StateClosed {
		t.Errorf("C135: %v, state %v", err, c.State())
	}
	close(gate)
	if err := c.WaitState(patience(t), StateClosed); err != nil {
		t.Errorf("C135: %v", err)
	}
}

func TestCloseWithinATrigger(t *testing.T) {
	gate := make(chan struct{})
	sc := perform(t, func(_ int, s *script) { <-gate; s.introduce(); s.answerAll(nil) })
	c := connect(t, sc.addr, Options{NoWait: true, NoSchema: true, ReconnectAfter: time.Millisecond})
	c.OnConnect(func(c *Conn) error { return c.Close() })
	close(gate)
	if err := c.WaitState(patience(t), StateClosed); err != nil {
		t.Errorf("C44: %v", err)
	}
}

func TestEqualFailuresAreLoggedOnce(t *testing.T) {
	var log journal
	sc := perform(t, func(n int, s *script) {
		if n == 9 {
			io.WriteString(s, strings.Repeat("x", 128))
		}
	})
	c := connect(t, sc.addr, Options{NoWait: true, ReconnectAfter: time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	reactortest.Eventually(t, func() bool { return c.Metrics().Failures > 15 }, "failures")
	waitClosed(t, c)
	if n := strings.Count(log.String(), "Invalid greeting"); n != 1 {
		t.Errorf("C116: %d warnings of a bad greeting", n)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 3 { // closed, a bad greeting, closed again
		t.Errorf("C116: %d warnings:\n%s", n, &log)
	}
}
