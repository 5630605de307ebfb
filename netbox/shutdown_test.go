package netbox

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A leaving server answers pings; calls wait until it is told to answer them, and it shuts down when told.
type leaving struct {
	*script
	c       *Conn
	watched chan string
	calls   chan request
}

// leavingServer is played on the first connection. Those after it answer everything, and do not shut down.
func leavingServer(t *testing.T, o Options) *leaving {
	t.Helper()
	l := &leaving{watched: make(chan string, 100), calls: make(chan request, 100)}
	ready := make(chan *script, 1)
	sc := perform(t, func(n int, s *script) {
		s.introduceModern()
		if n > 0 {
			s.answerAll(nil, 7)
			return
		}
		ready <- s
		for {
			switch r := s.next(); r.Type {
			case 0:
				close(l.watched)
				return
			case iproto.TypeWatch:
				l.watched <- watchLine(t, r)
			case iproto.TypeCall:
				l.calls <- r
			default:
				s.ok(r.Sync)
			}
		}
	})
	o.NoSchema = true
	l.c = connect(t, sc.addr, o)
	l.script = <-ready
	if line := <-l.watched; line != "WATCH box.shutdown" {
		t.Errorf("the client says %s", line)
	}
	l.Write(iproto.AppendEvent(nil, 0, iproto.Event{Key: []byte(shutdownKey)})) // the empty one that comes first
	if line := <-l.watched; line != "WATCH box.shutdown" {
		t.Errorf("the client says %s", line)
	}
	return l
}

func (l *leaving) shutDown() {
	l.Write(iproto.AppendEvent(nil, 0, iproto.Event{Key: []byte(shutdownKey), Data: []byte{0xc3}}))
}

func TestServerShutsDownWithRequestsUnderWay(t *testing.T) {
	l := leavingServer(t, Options{})
	var j journal
	shutting := make(chan struct{})
	l.c.OnShutdown(func(c *Conn) error {
		j.add("shutdown")
		<-shutting
		return errors.Join(c.Ping(patience(t)), errors.New("which is only logged"))
	})
	removed := l.c.OnShutdown(j.notes("removed"))
	removed.Remove()
	futures := make([]*Future, 10)
	for i := range futures {
		futures[i] = l.c.Send(Call("slow"))
	}
	discarded := l.c.Send(Call("slow"))
	discarded.Discard()
	l.shutDown()
	reactortest.Eventually(t, func() bool { return j.String() == "shutdown" }, "the trigger")
	if l.c.State() != StateActive {
		t.Errorf("C175: state %v", l.c.State())
	}
	close(shutting)
	if err := l.c.WaitState(patience(t), StateGracefulShutdown); err != nil {
		t.Fatal(err)
	}
	_, err := l.c.Send(Ping()).Wait(patience(t))
	if !errors.Is(err, ErrNotSent) || !strings.Contains(err.Error(), `Connection is not established, state is "graceful_shutdown"`) {
		t.Errorf("C174: %v", err)
	}
	if err := l.c.Ping(patience(t)); !errors.Is(err, ErrNotSent) {
		t.Errorf("C174: %v", err)
	}
	for i := range 10 {
		r := <-l.calls
		if i == 9 {
			l.Write(framed(unhex(t, "83 00 00 01 SS 05 cd1000 81 30 91 07", r.Sync))) // another schema version
			break
		}
		l.ok(r.Sync, 7)
	}
	for i, f := range futures {
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != 7 {
			t.Errorf("C171: request %d: %v", i, err)
		}
	}
	if l.c.State() != StateGracefulShutdown { // the discarded one is still awaited
		t.Errorf("C171: state %v", l.c.State())
	}
	l.ok((<-l.calls).Sync, 7)
	<-l.c.Done()
	if err := l.c.WaitState(patience(t), StateError); err != nil || !errors.Is(l.c.Err(), io.EOF) || l.c.Err().Error() != "Peer closed" {
		t.Errorf("C171: %v, %v", err, l.c.Err())
	}
	for line := range l.watched {
		t.Errorf("C177: the client says %s", line)
	}
	if j.String() != "shutdown" || l.c.Metrics().Reloads != 0 {
		t.Errorf("C175: %s", &j)
	}
}

func TestServerThatShutsDownIsFollowedByAnother(t *testing.T) {
	l := leavingServer(t, Options{ReconnectAfter: time.Millisecond})
	slow := l.c.Send(Call("slow"))
	l.shutDown()
	if err := l.c.WaitState(patience(t), StateGracefulShutdown); err != nil {
		t.Fatal(err)
	}
	waits := make(chan error, 1)
	go func() {
		r, err := l.c.Call(patience(t), "f")
		if err == nil && r.Int(0) != 7 {
			err = errors.New("another answer")
		}
		waits <- err
	}()
	l.ok((<-l.calls).Sync, 9)
	if r, err := slow.Wait(patience(t)); err != nil || r.Int(0) != 9 {
		t.Errorf("C171: %v", err)
	}
	if err := <-waits; err != nil {
		t.Errorf("C174: %v", err)
	}
}

func TestServerDiesWhileItShutsDown(t *testing.T) {
	l := leavingServer(t, Options{})
	slow := l.c.Send(Call("slow"))
	l.shutDown()
	if err := l.c.WaitState(patience(t), StateGracefulShutdown); err != nil {
		t.Fatal(err)
	}
	l.Close()
	// What the client has said last may not have been read: then the end is a reset.
	if _, err := slow.Wait(patience(t)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) || !errors.Is(err, ErrMaybeExecuted) {
		t.Errorf("C173: %v", err)
	}
	<-l.c.Done()
	if err := l.c.WaitState(patience(t), StateError); err != nil {
		t.Errorf("C173: %v, %v", err, l.c.Err())
	}
}

func TestShutdownOfAnIdleConnection(t *testing.T) {
	l := leavingServer(t, Options{})
	l.shutDown()
	<-l.c.Done()
	if l.c.State() != StateError {
		t.Errorf("state %v", l.c.State())
	}
}

func TestWithoutGracefulShutdown(t *testing.T) {
	var watches atomic.Int32
	sc := perform(t, func(_ int, s *script) {
		s.introduceModern()
		s.answerAll(func(request) { watches.Add(1) })
	})
	c := connect(t, sc.addr, Options{NoSchema: true, NoGracefulShutdown: true})
	if err := c.Ping(patience(t)); err != nil || watches.Load() != 0 {
		t.Errorf("%d watches, %v", watches.Load(), err)
	}
}

func TestFutureIsLookedAtAndDiscarded(t *testing.T) {
	l := leavingServer(t, Options{})
	f := l.c.Send(Call("slow"))
	if _, err := f.Result(); f.Ready() || !errors.Is(err, ErrNotReady) {
		t.Errorf("C76: %v", err)
	}
	r := <-l.calls
	l.ok(r.Sync, 7)
	<-f.Done()
	if res, err := f.Result(); !f.Ready() || err != nil || res.Int(0) != 7 {
		t.Errorf("C76: %v", err)
	}
	f.Discard() // too late
	if _, err := f.Result(); err != nil {
		t.Errorf("C79: %v", err)
	}
	g := l.c.Send(Call("slow"))
	waits := make(chan error, 1)
	go func() { _, err := g.Wait(patience(t)); waits <- err }()
	g.Discard()
	g.Discard()
	if err := <-waits; !errors.Is(err, ErrDiscarded) {
		t.Errorf("C79: %v", err)
	}
	g.Release() // does nothing: the answer is on its way to it
	l.ok((<-l.calls).Sync, 8)
	h := l.c.Send(Call("slow"))
	l.ok((<-l.calls).Sync, 9)
	if res, err := h.Wait(patience(t)); err != nil || res.Int(0) != 9 {
		t.Errorf("C79: another request: %v", err)
	}
	if _, err := g.Result(); !errors.Is(err, ErrDiscarded) {
		t.Errorf("C79: %v", err)
	}
}
