package netbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A watchable is a script that lets the test say what its server says.
type watchable struct {
	*script
	c    *Conn
	seen chan string // what the client has said of its watchers, e.g. "WATCH k"
}

// watchServer connects to a server that answers all requests and does with watchers what it is told.
func watchServer(t *testing.T) *watchable {
	t.Helper()
	w := &watchable{seen: make(chan string, 100)}
	ready := make(chan *script, 1)
	sc := perform(t, func(_ int, s *script) {
		s.introduceModern()
		ready <- s
		s.answerAll(func(r request) { w.seen <- watchLine(t, r) })
	})
	w.c = connect(t, sc.addr, Options{NoSchema: true, NoGracefulShutdown: true})
	w.script = <-ready
	return w
}

func watchLine(t testing.TB, r request) string {
	v, _, err := iproto.ParseWatch(r.body)
	if err != nil || r.Sync != 0 {
		t.Errorf("C147: %v, sync %d", err, r.Sync)
	}
	return fmt.Sprintf("%v %s", r.Type, v.Key)
}

// event broadcasts a value of one byte; 0 is none.
func (w *watchable) event(key string, value byte) {
	e := iproto.Event{Key: []byte(key)}
	if value > 0 {
		e.Data = []byte{value}
	}
	w.Write(iproto.AppendEvent(nil, 0, e))
}

// expect waits for what the client says of its watchers, and nothing more than that.
func (w *watchable) expect(t *testing.T, lines ...string) {
	t.Helper()
	for _, want := range lines {
		select {
		case got := <-w.seen:
			if got != want {
				t.Errorf("the client says %s, want %s", got, want)
			}
		case <-time.After(reactortest.Patience):
			t.Fatalf("the client does not say %s", want)
		}
	}
	if err := w.c.Ping(patience(t)); err != nil { // behind whatever else it has said
		t.Error(err)
	}
	if len(w.seen) > 0 {
		t.Errorf("the client says %s", <-w.seen)
	}
}

// recorder returns a watcher's function and the values it was called with.
func recorder() (f func(string, Value), values chan string) {
	values = make(chan string, 100)
	return func(key string, v Value) { values <- fmt.Sprintf("%s=%x", key, []byte(v)) }, values
}

func expectValue(t *testing.T, values chan string, want string) {
	t.Helper()
	select {
	case got := <-values:
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	case <-time.After(reactortest.Patience):
		t.Fatalf("no %s", want)
	}
}

func TestWatchedValuesComeAndAreAcknowledged(t *testing.T) {
	w := watchServer(t)
	f, values := recorder()
	if _, err := w.c.Watch("k", f); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "WATCH k")
	w.event("k", 0)
	expectValue(t, values, "k=")
	w.expect(t, "WATCH k") // the acknowledgement
	for i := range byte(3) {
		w.event("k", i+1)
		expectValue(t, values, fmt.Sprintf("k=%02x", i+1))
		w.expect(t, "WATCH k")
	}
	w.event("other", 9) // nobody's
	w.expect(t)
	if len(values) > 0 {
		t.Errorf("C151: %s", <-values)
	}
}

func TestSlowWatcherSkipsValuesButTheLast(t *testing.T) {
	w := watchServer(t)
	entered, gate := make(chan struct{}, 100), make(chan struct{})
	f, values := recorder()
	w.c.Watch("k", func(key string, v Value) { entered <- struct{}{}; <-gate; f(key, v) })
	quick, quickly := recorder()
	w.c.Watch("k", quick)
	w.expect(t, "WATCH k")
	w.event("k", 1)
	<-entered
	expectValue(t, quickly, "k=01")
	w.expect(t, "WATCH k") // the first that has seen the newest value acknowledges it, and a slow one does not stop others
	for v := range byte(5) {
		w.event("k", v+2)
		expectValue(t, quickly, fmt.Sprintf("k=%02x", v+2))
		w.expect(t, "WATCH k")
	}
	close(gate)
	expectValue(t, values, "k=01")
	expectValue(t, values, "k=06")
	w.expect(t)
	if len(values) > 0 {
		t.Errorf("C156: %s", <-values)
	}
}

func TestWatchersOfOneKeyShareItsRegistration(t *testing.T) {
	w := watchServer(t)
	f, values := recorder()
	first, _ := w.c.Watch("k", f)
	w.event("k", 7)
	expectValue(t, values, "k=07")
	w.expect(t, "WATCH k", "WATCH k")
	g, more := recorder()
	second, _ := w.c.Watch("k", g)
	expectValue(t, more, "k=07") // what is known
	w.expect(t)
	if err := first.Unregister(); err != nil {
		t.Error(err)
	}
	w.expect(t)
	w.event("k", 8)
	expectValue(t, more, "k=08")
	w.expect(t, "WATCH k")
	if err := second.Unregister(); err != nil {
		t.Error(err)
	}
	w.expect(t, "UNWATCH k")
	if err := second.Unregister(); !errors.Is(err, ErrUnregistered) {
		t.Errorf("C159: %v", err)
	}
	w.event("k", 9)
	w.expect(t)
	if len(values)+len(more) > 0 {
		t.Error("C157: called after the end")
	}
}

func TestWatcherUnregistersItself(t *testing.T) {
	w := watchServer(t)
	calls := make(chan error, 10)
	var watcher *Watcher
	gate := make(chan struct{})
	watcher, _ = w.c.Watch("k", func(string, Value) {
		<-gate
		calls <- watcher.Unregister()
	})
	w.expect(t, "WATCH k")
	w.event("k", 1)
	w.event("k", 2)
	w.expect(t)
	close(gate)
	if err := <-calls; err != nil {
		t.Errorf("C159: %v", err)
	}
	w.expect(t, "UNWATCH k")
	if len(calls) > 0 {
		t.Error("C159: called again")
	}
}

func TestPanicInAWatcher(t *testing.T) {
	w := watchServer(t)
	f, values := recorder()
	w.c.Watch("k", func(key string, v Value) { f(key, v); panic("overboard") })
	w.event("k", 1)
	expectValue(t, values, "k=01")
	w.expect(t, "WATCH k", "WATCH k")
	w.event("k", 2)
	expectValue(t, values, "k=02") // C160: it goes on
	w.expect(t, "WATCH k")
}

func TestWatchersSurviveReconnection(t *testing.T) {
	scripts := make(chan *script, 10)
	sc := perform(t, func(n int, s *script) {
		s.introduceModern()
		scripts <- s
		said := 0
		s.answerAll(func(r request) {
			if line := watchLine(t, r); line != "WATCH k" {
				t.Errorf("C161: %s", line)
			}
			if said++; said == 1 { // the second one is the acknowledgement
				s.Write(iproto.AppendEvent(nil, 0, iproto.Event{Key: []byte("k"), Data: []byte{byte(n) + 1}}))
			}
		})
	})
	c := connect(t, sc.addr, Options{NoSchema: true, NoGracefulShutdown: true, ReconnectAfter: time.Millisecond})
	f, values := recorder()
	c.Watch("k", f)
	expectValue(t, values, "k=01")
	(<-scripts).Close()
	expectValue(t, values, "k=02")
	waitClosed(t, c)
	if len(values) > 0 {
		t.Errorf("C161: called again with %s", <-values)
	}
}

func TestNoCallsAfterClose(t *testing.T) {
	w := watchServer(t)
	f, values := recorder()
	gate := make(chan struct{})
	w.c.Watch("k", func(key string, v Value) { f(key, v); <-gate })
	w.event("k", 1)
	expectValue(t, values, "k=01")
	w.event("k", 2)
	if err := w.c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
	w.c.Close()
	close(gate)
	reactortest.Eventually(t, func() bool {
		w.c.watchers.mu.Lock()
		defer w.c.watchers.mu.Unlock()
		return !w.c.watchers.keys["k"].all[0].running
	}, "the watcher to end")
	if len(values) > 0 {
		t.Errorf("C162: called with %s", <-values)
	}
}

func TestServerWithoutWatchers(t *testing.T) {
	c := connectTo(t, func(s *script) { s.answerAll(func(r request) { t.Errorf("C167: %v", r.Type) }) })
	var missing *FeatureError
	if _, err := c.Watch("k", nil); !errors.As(err, &missing) || missing.Feature != iproto.FeatureWatchers {
		t.Errorf("C167: %v", err)
	}
	if _, err := c.WatchOnce(patience(t), "k"); !errors.As(err, &missing) || missing.Feature != iproto.FeatureWatchOnce {
		t.Errorf("C163: %v", err)
	}
	if err := c.NewStream().Ping(patience(t)); !errors.As(err, &missing) || missing.Feature != iproto.FeatureStreams {
		t.Errorf("C23: %v", err)
	}
	if err := c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
}

func TestEventThatCanNotBeReadEndsTheConnection(t *testing.T) {
	for _, body := range []string{"81 57 01", "82 57 a16b 58", "90", "81 58 01", ""} {
		w := watchServer(t)
		w.c.Watch("k", func(string, Value) {})
		w.Write(framed(unhex(t, "82 00 4c 01 00"+body, 0)))
		<-w.c.Done()
		if err := w.c.Err(); err == nil || !strings.Contains(err.Error(), "event") {
			t.Errorf("C165: %q: %v", body, err)
		}
	}
}
