package netbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
)

// TestFuturesInCompany has several look at each future at once, in every way there is, while its answer comes. Whoever
// sees an answer sees the right one; afterwards the future is used again.
func TestFuturesInCompany(t *testing.T) {
	rounds := 20_000
	if raceEnabled || testing.Short() {
		rounds = 2_000
	}
	for _, traced := range []bool{false, true} {
		name := "not traced"
		if traced {
			name = "traced"
		}
		t.Run(name, func(t *testing.T) {
			c := inCompany(t, traced)
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					random := rand.New(rand.NewPCG(2, uint64(g)))
					for i := 0; i < rounds/8 && !t.Failed(); i++ {
						company(t, c, random, g, i)
					}
				})
			}
			wg.Wait()
		})
	}
}

// inCompany returns a connection whose requests are traced, or not.
func inCompany(t *testing.T, traced bool) *Conn {
	c := local(t, box.Inline)
	if !traced {
		return c
	}
	return connect(t, c.Peer(), Options{NoSchema: true, Trace: &Trace{
		RequestDone: func(r RequestTrace, took time.Duration, err error) {
			if took < 0 || err != nil && !errors.Is(err, ErrDiscarded) {
				t.Errorf("%v took %v: %v", r, took, err)
			}
		},
	}})
}

// company sends one request and looks at its future from several sides.
func company(t *testing.T, c *Conn, random *rand.Rand, g, i int) {
	f := c.Send(Call("echo", g, i))
	var wg sync.WaitGroup
	for range random.IntN(4) {
		look := looks[random.IntN(len(looks))]
		wg.Go(func() { look(t, f, g, i) })
	}
	discarded := random.IntN(8) == 0
	if discarded {
		f.Discard()
	}
	r, err := f.Wait(context.Background())
	switch {
	case err == nil:
		check(t, r, g, i)
	case !discarded || !errors.Is(err, ErrDiscarded):
		t.Error(err)
	}
	wg.Wait()
	f.Release()
}

// looks are the ways of looking at a future whose request may be discarded.
var looks = []func(t *testing.T, f *Future, g, i int){
	func(t *testing.T, f *Future, g, i int) { // on a goroutine
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%300)*time.Microsecond)
		defer cancel()
		r, err := f.Wait(ctx)
		seen(t, f, r, err, g, i)
	},
	func(t *testing.T, f *Future, g, i int) { // in a fiber
		x, err := reactor.Go(context.Background(), func(ctx context.Context) {
			r, err := f.Wait(ctx)
			seen(t, f, r, err, g, i)
		})
		if err != nil {
			t.Error(err)
			return
		}
		<-x.Done()
	},
	func(t *testing.T, f *Future, g, i int) {
		<-f.Done()
		if r, err := f.Result(); err == nil {
			check(t, r, g, i)
		} else if !errors.Is(err, ErrDiscarded) {
			t.Error(err)
		}
	},
	func(t *testing.T, f *Future, g, i int) {
		if r, err := f.Result(); !errors.Is(err, ErrNotReady) {
			seen(t, f, r, err, g, i)
		}
	},
	func(t *testing.T, f *Future, _, _ int) {
		for v, err := range f.Pushes(context.Background()) {
			if err == nil || !errors.Is(err, ErrDiscarded) {
				t.Errorf("push %v, %v", v, err)
			}
		}
	},
}

// seen checks what was seen of a future.
func seen(t *testing.T, f *Future, r Result, err error, g, i int) {
	switch {
	case err == nil:
		check(t, r, g, i)
	case errors.Is(err, context.DeadlineExceeded):
	case !errors.Is(err, ErrDiscarded) || !f.Ready():
		t.Error(err)
	}
}
