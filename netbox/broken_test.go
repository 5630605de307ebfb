package netbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// expectLost checks that a request failed with its connection.
func expectLost(t *testing.T, f *Future, sent bool, reason error) {
	t.Helper()
	_, err := f.Wait(patience(t))
	var lost *ConnError
	if !errors.As(err, &lost) || !errors.Is(err, reason) || !errors.Is(err, iproto.CodeNoConnection) {
		t.Fatalf("got %v, want a ConnError with %v", err, reason)
	}
	if lost.Sent != sent || SafeToRetry(err) == sent {
		t.Errorf("sent %v, safe to retry %v, want %v (%v)", lost.Sent, SafeToRetry(err), sent, err)
	}
}

func TestServerGoesAwayWithRequestsInFlight(t *testing.T) {
	for _, tt := range []struct {
		name   string
		leave  func(s *script, sync uint64)
		reason error
	}{
		{"closes", func(s *script, _ uint64) {}, io.EOF},
		{"closes within a frame", func(s *script, sync uint64) { s.Write(okFrame(sync, 1)[:20]) }, io.EOF},
		{"closes within a length", func(s *script, sync uint64) { s.Write(okFrame(sync, 1)[:3]) }, io.EOF},
		{"half-closes", func(s *script, _ uint64) { s.CloseWrite(); s.waitEOF() }, io.EOF},
		{"resets", func(s *script, _ uint64) { s.SetLinger(0) }, syscall.ECONNRESET},
		{"resets within a frame", func(s *script, sync uint64) { s.Write(okFrame(sync, 1)[:20]); s.SetLinger(0) }, syscall.ECONNRESET},
	} {
		t.Run("C173 "+tt.name, func(t *testing.T) {
			c := connect(t, play(t, func(s *script) {
				s.introduce()
				first := s.next()
				for range 9 {
					s.next()
				}
				tt.leave(s, first.Sync)
			}), Options{NoSchema: true})
			var futures []*Future
			for range 10 {
				futures = append(futures, c.Send(Call("f")))
			}
			for _, f := range futures {
				expectLost(t, f, true, tt.reason)
			}
			for v, err := range futures[0].Pushes(patience(t)) {
				if v != nil || !errors.Is(err, tt.reason) {
					t.Errorf("Pushes: %v, %v", v, err)
				}
			}
			<-c.Done()
			expectLost(t, c.Send(Ping()), false, tt.reason)
			if err := c.Close(); err != nil {
				t.Errorf("Close of a broken connection: %v", err)
			}
		})
	}
}

// stalled is a connection whose server does not read: it has a huge request under way and one queued behind it.
func stalled(t *testing.T, end func(s *script)) (c *Conn, huge, behind *Future) {
	t.Helper()
	gate := make(chan struct{}) // closed when the requests are queued
	c = connect(t, play(t, func(s *script) {
		s.introduce()
		<-gate
		end(s)
	}), Options{NoSchema: true})
	huge = c.Send(Call("f", make([]byte, 32<<20)))
	reactortest.Eventually(t, func() bool { return c.link.wire.(*reactor.Conn).Queued() > 0 && c.link.wire.Sent() > 1000 }, "the kernel to take no more")
	behind = c.Send(Call("g"))
	reactortest.Eventually(t, func() bool {
		c.link.mu.Lock()
		defer c.link.mu.Unlock()
		return len(c.link.out) == 0 && !c.link.flushing
	}, "the request to be queued")
	close(gate)
	return c, huge, behind
}

func TestRequestThatNeverLeftIsSafeToRetry(t *testing.T) {
	_, huge, behind := stalled(t, func(s *script) { s.SetLinger(0) })
	expectLost(t, huge, true, syscall.ECONNRESET)
	expectLost(t, behind, false, syscall.ECONNRESET)
}

func TestHalfCloseOfAServerThatDoesNotRead(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	_, huge, behind := stalled(t, func(s *script) { s.CloseWrite(); <-done })
	expectLost(t, huge, true, io.EOF)
	expectLost(t, behind, false, io.EOF)
}

func TestRequestThatMayStillLeaveIsNotSafeToRetry(t *testing.T) {
	// Close lets the output leave that was handed over, so the request behind is executed after all.
	var executed atomic.Int32
	release, drained := make(chan struct{}), make(chan struct{})
	c, huge, behind := stalled(t, func(s *script) {
		<-release
		for s.next().Type == iproto.TypeCall {
			executed.Add(1)
		}
		close(drained)
	})
	closed := make(chan error, 1)
	go func() { closed <- c.Close() }()
	expectLost(t, huge, true, ErrClosed)
	expectLost(t, behind, true, ErrClosed)
	close(release)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	<-drained
	if n := executed.Load(); n != 2 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestCloseWhileManyCall(t *testing.T) {
	for range 10 {
		c := connectTo(t, func(s *script) {
			for {
				r := s.next()
				if r.Type == 0 {
					return
				}
				s.ok(r.Sync, 1)
			}
		})
		var wg sync.WaitGroup
		var calls atomic.Int64
		for range 64 {
			wg.Go(func() {
				for {
					_, err := c.Call(context.Background(), "f")
					if err != nil {
						if !errors.Is(err, ErrClosed) {
							t.Errorf("C40: %v", err)
						}
						return
					}
					calls.Add(1)
				}
			})
		}
		reactortest.Eventually(t, func() bool { return calls.Load() > 100 }, "calls to be answered")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	}
}

func TestCloseFromManyAtOnce(t *testing.T) {
	c := connectTo(t, func(*script) {})
	var wg sync.WaitGroup
	var first atomic.Int32
	for range 64 {
		wg.Go(func() {
			switch err := c.Close(); {
			case err == nil:
				first.Add(1)
			case !errors.Is(err, ErrClosed):
				t.Errorf("C40: %v", err)
			}
			select {
			case <-c.Done():
			default:
				t.Error("C40: Close returned before the end")
			}
		})
	}
	wg.Wait()
	if first.Load() != 1 {
		t.Errorf("C40: %d of them were the first", first.Load())
	}
}

func TestRequestsAfterClose(t *testing.T) {
	c := connectTo(t, func(*script) {})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	expectLost(t, c.Send(Call("f")), false, ErrClosed)
	if err := c.Ping(patience(t)); !errors.Is(err, ErrClosed) || !errors.Is(err, iproto.CodeNoConnection) {
		t.Errorf("C42: got %v", err)
	}
	if _, err := c.Eval(patience(t), "return"); !SafeToRetry(err) {
		t.Errorf("C42: got %v", err)
	}
}

func TestPushesMeetClose(t *testing.T) {
	// A push on its way to a future that Close fails meanwhile, and whose owner gives it back at once, must not come
	// out of the next request that uses it.
	reactorOfItsOwn, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer reactorOfItsOwn.Close()
	for range 50 {
		c := connect(t, play(t, func(s *script) {
			s.introduce()
			r := s.next()
			chunks := bytes.Repeat(iproto.AppendChunk(nil, r.Sync, 1, []byte{9}), 1000)
			for {
				if _, err := s.Write(chunks); err != nil {
					return
				}
			}
		}), Options{NoSchema: true, Reactor: reactorOfItsOwn})
		f := c.Send(Call("f"))
		for range f.Pushes(patience(t)) {
			break
		}
		go c.Close()
		<-f.Done()
		f.Release()
		<-c.Done()
		fresh := c.link.spares.take()
		fresh.mu.Lock()
		if n := len(fresh.pushes.ends); n > 0 {
			t.Errorf("a new request has %d pushes", n)
		}
		fresh.mu.Unlock()
	}
}

func TestTooManyRequests(t *testing.T) {
	c := connectTo(t, func(s *script) { s.ok(s.next().Sync) })
	c.link.mu.Lock()
	saved := c.link.slots
	c.link.slots = slots{futures: make([]*Future, maxSlots)} // all taken
	c.link.mu.Unlock()
	if _, err := c.Send(Ping()).Wait(patience(t)); !errors.Is(err, ErrTooMany) || !SafeToRetry(err) {
		t.Errorf("got %v", err)
	}
	c.link.mu.Lock()
	c.link.slots = saved
	c.link.mu.Unlock()
	if err := c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
}

func TestConnErrorTellsItsPeer(t *testing.T) {
	for sent, want := range map[bool]string{
		true:  "netbox: host:1: Peer closed (request sent, no answer)",
		false: "netbox: host:1: Peer closed (request not sent)",
	} {
		if got := fmt.Sprint(&ConnError{Peer: "host:1", Sent: sent, Err: errPeerClosed}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
