package netbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestNothingIsLostOrMistakenUnderStress(t *testing.T) {
	for _, mode := range []box.Mode{box.Inline, box.Fiber, box.Goroutine} {
		t.Run(mode.String(), func(t *testing.T) {
			requests := 340_000 // a million in all modes
			if raceEnabled || testing.Short() {
				requests = 20_000
			}
			c := local(t, mode)
			var answered, givenUp atomic.Int64
			var wg sync.WaitGroup
			for g := range 64 {
				wg.Go(func() {
					random := rand.New(rand.NewPCG(1, uint64(g)))
					for i := range requests / 64 {
						if oneOf(t, c, random, g, i) {
							answered.Add(1)
						} else {
							givenUp.Add(1)
						}
						if t.Failed() {
							return
						}
					}
				})
			}
			wg.Wait()
			if answered.Load() == 0 || givenUp.Load() == 0 {
				t.Errorf("%d answered, %d given up", answered.Load(), givenUp.Load())
			}
			reactortest.Eventually(t, func() bool {
				c.link.mu.Lock()
				defer c.link.mu.Unlock()
				return c.link.slots.taken() == 0
			}, "all slots to be free")
		})
	}
}

// oneOf makes one request, in one of the ways there are, and reports whether it was answered: with what was asked.
func oneOf(t *testing.T, c *Conn, random *rand.Rand, g, i int) (answered bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch random.IntN(4) {
	case 0:
		go cancel()
	case 1:
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(random.IntN(200))*time.Microsecond)
		defer stop()
	}
	var r Result
	var err error
	switch random.IntN(3) {
	case 0:
		r, err = c.Call(ctx, "echo", g, i)
	case 1:
		f := c.Send(Call("echo", g, i))
		r, err = f.Wait(ctx)
		if err == nil {
			check(t, r, g, i)
			f.Release()
			return true
		}
	case 2:
		f := c.Send(Call("push_n", 3))
		n := int64(0)
		for v, e := range f.Pushes(ctx) {
			if err = e; e != nil {
				break
			}
			if x, e := v.Int(); e != nil || x != n {
				t.Errorf("push %d: got %d, %v", n, x, e)
			}
			n++
		}
		if err == nil {
			if r, err = f.Wait(ctx); err == nil && (n != 3 || r.Int(0) != 3) {
				t.Errorf("%d pushes, then %d", n, r.Int(0))
			}
			return err == nil
		}
	}
	if err == nil {
		check(t, r, g, i)
	} else if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	return err == nil
}

func check(t *testing.T, r Result, g, i int) {
	if r.Len() != 2 || r.Int(0) != int64(g) || r.Int(1) != int64(i) {
		t.Errorf("got %d, %d, want %d, %d", r.Int(0), r.Int(1), g, i)
	}
}
