package sockets

import (
	"sync"
	"testing"
	"time"
)

func TestTurnIsExclusiveAndSurvivesGivingUp(t *testing.T) {
	var tn turn
	tn.init()
	var wg sync.WaitGroup
	held, got, gaveUp := 0, 0, 0 // guarded by tn, and by mu
	var mu sync.Mutex
	for i := range 8 {
		wg.Go(func() {
			for range 2000 {
				lim := limit{ctx: background, timeout: []time.Duration{Forever, NoWait, 20 * time.Microsecond, time.Second}[i%4]}
				if tn.lock(&lim) != nil {
					mu.Lock()
					gaveUp++
					mu.Unlock()
					continue
				}
				if held++; held != 1 {
					t.Error("two hold it")
				}
				got++
				held--
				tn.unlock()
			}
		})
	}
	wg.Wait()
	if got+gaveUp != 8*2000 || got < 4*2000 {
		t.Errorf("got it %d times, gave up %d times", got, gaveUp)
	}
	if n := tn.count.Load(); n != 0 || len(tn.handover) != 0 {
		t.Errorf("at the end %d are counted, %d tokens are left", n, len(tn.handover))
	}
}
