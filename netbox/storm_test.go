package netbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestReconnectStorm(t *testing.T) {
	conns, callers, drops := 20, 4, 30
	if raceEnabled || testing.Short() {
		conns, drops = 8, 10
	}
	registered := make(chan struct{})
	sc := perform(t, func(n int, s *script) {
		<-registered
		if n%7 == 3 { // some never get as far as a greeting
			return
		}
		s.introduceModern()
		s.answerAll(func(r request) {
			w, _, _ := iproto.ParseWatch(r.body)
			if string(w.Key) == "k" {
				s.Write(iproto.AppendEvent(nil, 0, iproto.Event{Key: w.Key, Data: []byte{byte(n % 100)}}))
			}
		}, 7)
	})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var answered, lost, events, connects, disconnects atomic.Int64
	var wg sync.WaitGroup
	var all []*Conn
	for range conns {
		c := connect(t, sc.addr, Options{NoSchema: true, ReconnectAfter: time.Millisecond, ReconnectMax: 8 * time.Millisecond, NoWait: true})
		all = append(all, c)
		c.OnConnect(func(*Conn) error { connects.Add(1); return nil })
		c.OnDisconnect(func(*Conn) error { disconnects.Add(1); return nil })
		if _, err := c.Watch("k", func(string, Value) { events.Add(1); time.Sleep(time.Millisecond) }); err != nil {
			t.Fatal(err)
		}
		for range callers {
			wg.Go(func() {
				for ctx.Err() == nil {
					r, err := c.Call(ctx, "f")
					var broken *ConnError
					switch {
					case err == nil && r.Int(0) == 7:
						answered.Add(1)
					case errors.As(err, &broken):
						lost.Add(1)
					case !errors.Is(err, context.Canceled):
						t.Errorf("got %d, %v", r.Int(0), err)
						return
					}
				}
			})
		}
	}
	close(registered)
	for range drops {
		before := answered.Load()
		reactortest.Eventually(t, func() bool { return answered.Load() > before+int64(conns) }, "answers after a drop")
		time.Sleep(rand.N(5 * time.Millisecond)) // at some moment
		sc.drop()
	}
	for _, c := range all {
		if err := c.WaitConnected(patience(t)); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
	reactortest.Eventually(t, func() bool {
		taken := 0
		for _, c := range all {
			taken += c.Metrics().InFlight
		}
		return taken == 0
	}, "all slots to be free")
	for _, c := range all {
		waitClosed(t, c)
	}
	if c, d := connects.Load(), disconnects.Load(); c != d || c < int64(drops) || events.Load() < int64(drops) || lost.Load() == 0 {
		t.Errorf("%d connects, %d disconnects, %d events, %d requests lost", c, d, events.Load(), lost.Load())
	}
	t.Logf("%d answers, %d lost, %d connects, %d events", answered.Load(), lost.Load(), connects.Load(), events.Load())
}
