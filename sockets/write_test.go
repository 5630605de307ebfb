package sockets

import (
	"net"
	"sync"
	"testing"
)

func TestReadsAreNotMixed(t *testing.T) {
	const lines = 2000
	c, s := pair(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	for range 2 {
		wg.Go(func() {
			for {
				line, err := s.ReadUntil(soon, "\n")
				if err != nil {
					return
				}
				mu.Lock()
				count[string(line)]++
				mu.Unlock()
			}
		})
	}
	for i := range lines {
		send(t, c, []string{"first line\n", "2\n"}[i%2])
	}
	_ = c.CloseWrite()
	wg.Wait()
	if len(count) != 2 || count["first line\n"] != lines/2 || count["2\n"] != lines/2 {
		t.Errorf("lines came mixed: %v", count)
	}
}

func TestWaitingForTheTurnCountsAgainstTheTimeout(t *testing.T) {
	_, s := pair(t)
	_, err := during(t, s, func() {
		_, err := s.ReadN(1, short)
		wantTimeout(t, err)
		_, err = s.ReadN(1, NoWait)
		wantTimeout(t, err)
		_ = s.Close()
	})
	wantIs(t, err, net.ErrClosed)
}

func TestCloseWakesAll(t *testing.T) {
	c, s := pair(t)
	const each = 8
	errs := make(chan error, 2*each+2)
	big := make([]byte, 64<<20)
	for range each {
		go func() { _, err := s.ReadUntil(Forever, "\n"); errs <- err }()
		go func() { _, err := s.Write(big); errs <- err }()
	}
	until(t, "all wait", func() bool { return s.reads.count.Load() == each && s.writes.count.Load() == each })
	for range 2 {
		go func() { errs <- s.Close() }()
	}
	failed := 0
	for range 2*each + 2 {
		if err := <-errs; err != nil {
			failed++
			wantIs(t, err, net.ErrClosed)
		}
	}
	if failed != 2*each+1 {
		t.Errorf("%d of %d calls failed, want all but one Close", failed, 2*each+2)
	}
	_ = c
}
