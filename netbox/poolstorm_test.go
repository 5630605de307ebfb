package netbox

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// TestPoolInAStorm calls by way of a pool whose instances are added, removed, and change their minds all the time. Nothing
// breaks, so that no call may fail.
func TestPoolInAStorm(t *testing.T) {
	actors := []*actor{act(t, "a", status(false)), act(t, "b", status(false)), act(t, "c", status(false))}
	p := pool(t, quick(), actors[0].Instance, actors[1].Instance, actors[2].Instance)
	ctx, stop := context.WithCancel(patience(t))
	defer stop()
	var calls atomic.Int64
	var wg sync.WaitGroup
	for _, role := range []Role{RW, RO, PreferRW, PreferRO, Any} {
		for range 4 {
			wg.Go(func() {
				for ctx.Err() == nil {
					if _, err := p.Role(role).Call(ctx, "who"); err != nil && ctx.Err() == nil {
						t.Errorf("%v: %v", role, err)
						return
					}
					calls.Add(1)
				}
			})
		}
	}
	for round := range 30 {
		a := actors[round%3]
		a.set(status(round%2 == 0), nil)
		from := calls.Load()
		reactortest.Eventually(t, func() bool { return calls.Load() > from+50 }, "calls to go on")
		if err := p.Remove(ctx, a.Name); err != nil {
			t.Error(err)
		}
		if err := p.Add(a.Instance); err != nil {
			t.Error(err)
		}
		p.Instances()
		p.Metrics()
	}
	stop()
	wg.Wait()
	if m := p.Metrics(); m.InFlight > 40 {
		t.Errorf("%+v", m)
	}
}

// TestPoolInAWorseStorm breaks connections under the calls: each is answered, or fails with an error that tells whether it
// was executed.
func TestPoolInAWorseStorm(t *testing.T) {
	scenes := []*scene{understudy(t, 1<<30), understudy(t, 1<<30)}
	opts := quick()
	opts.ReconnectAfter = time.Millisecond
	opts.Sockets = 2
	p := pool(t, opts, Instance{Name: "a", Address: scenes[0].addr}, Instance{Name: "b", Address: scenes[1].addr})
	ctx, stop := context.WithCancel(patience(t))
	defer stop()
	var answered, failed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				var e *PoolError
				switch _, err := p.Role(RW).Call(ctx, "f"); {
				case err == nil:
					answered.Add(1)
				case ctx.Err() != nil:
				case !errors.As(err, &e) || len(e.Tried) == 0 || errors.Is(err, ErrMaybeExecuted) == errors.Is(err, ErrNotSent):
					t.Errorf("got %v", err)
					return
				default:
					failed.Add(1)
				}
			}
		})
	}
	for round := range 20 {
		from := answered.Load()
		reactortest.Eventually(t, func() bool { return answered.Load() > from+50 }, "calls to be answered; %+v", p.Instances())
		scenes[round%2].drop()
	}
	stop()
	wg.Wait()
	t.Logf("%d answered, %d failed, %d retries", answered.Load(), failed.Load(), p.Metrics().Retries)
}
