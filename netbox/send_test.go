package netbox

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kharon-net/kharon/netbox/box"
)

func TestAnswersComeWhileSomebodySendsWithoutAPause(t *testing.T) {
	c := local(t, box.Inline)
	var stop atomic.Bool
	var wg sync.WaitGroup
	first := c.Send(Call("echo", string(make([]byte, 1000))))
	var most atomic.Int64
	for range 2 {
		wg.Go(func() {
			call := Call("echo", string(make([]byte, 1000)))
			for n := int64(0); n < 100_000 && !stop.Load(); n++ {
				c.Send(call)
				most.Store(n)
			}
		})
	}
	if _, err := first.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	if err := c.Ping(context.Background()); err != nil {
		t.Error(err)
	}
	stop.Store(true)
	wg.Wait()
	t.Logf("%d requests were sent before the ping was answered", most.Load())
}
