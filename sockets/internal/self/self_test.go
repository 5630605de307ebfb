package self

import (
	"sync"
	"testing"
)

func TestEveryGoroutineHasAnIDOfItsOwn(t *testing.T) {
	const n = 100
	var mu sync.Mutex
	ids := map[uintptr]bool{ID(): true}
	var began, done sync.WaitGroup
	began.Add(n)
	for range n {
		done.Go(func() {
			me := ID()
			grow(100)
			if ID() != me {
				t.Error("it changes when the stack moves")
			}
			mu.Lock()
			ids[me] = true
			mu.Unlock()
			began.Done()
			began.Wait() // all run at the same time
		})
	}
	done.Wait()
	if len(ids) != n+1 {
		t.Errorf("%d goroutines have %d IDs", n+1, len(ids))
	}
}

// grow makes the stack move.
func grow(depth int) byte {
	var room [4096]byte
	if depth > 0 {
		room[depth] = grow(depth - 1)
	}
	return room[depth]
}

func BenchmarkID(b *testing.B) {
	for b.Loop() {
		ID()
	}
}
