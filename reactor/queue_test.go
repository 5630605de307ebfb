package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// waiting is a call that is under way as a fiber or on a goroutine.
type waiting struct {
	kind string
	run  func(ctx context.Context, f func(ctx context.Context))
}

// waitings are all who may wait: fibers of two loops, and goroutines.
func waitings(t testing.TB, r *reactor.Reactor) []waiting {
	fiber := func(l *reactor.Loop) func(context.Context, func(context.Context)) {
		return func(ctx context.Context, f func(context.Context)) {
			if _, err := l.Go(ctx, f); err != nil {
				t.Error(err)
			}
		}
	}
	return []waiting{
		{"fiber", fiber(r.Loop(0))},
		{"goroutine", func(ctx context.Context, f func(context.Context)) { go f(ctx) }},
		{"fiber of another loop", fiber(r.Loop(1))},
	}
}

// TestQueueIsFirstComeFirstServed compares it, in one fiber that never waits,
// with a list.
func TestQueueIsFirstComeFirstServed(t *testing.T) {
	for _, capacity := range []int{0, 1, 2, 3, 7} {
		q := reactor.NewQueue[int](capacity)
		next, want := 0, 0
		for step := range 1000 {
			if step%7 < 4 {
				if took := q.TryPut(next); took != (next-want < capacity) {
					t.Fatalf("capacity %d: TryPut with %d inside: %v", capacity, next-want, took)
				} else if took {
					next++
				}
			} else if v, ok := q.TryGet(); ok != (next > want) || ok && v != want {
				t.Fatalf("capacity %d: TryGet gave %d, %v, want %d", capacity, v, ok, want)
			} else if ok {
				want++
			}
			if q.Len() != next-want || q.Cap() != capacity {
				t.Fatalf("Len %d, Cap %d, want %d, %d", q.Len(), q.Cap(), next-want, capacity)
			}
		}
	}
}

func TestQueueServesInTheOrderOfArrival(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	for _, w := range waitings(t, r) {
		t.Run(w.kind, func(t *testing.T) {
			q := reactor.NewQueue[int](0)
			got := make(chan [2]int, 10)
			for i := range 5 {
				began := make(chan bool)
				w.run(context.Background(), func(ctx context.Context) {
					close(began)
					v, err := q.Get(ctx)
					if err != nil {
						t.Error(err)
					}
					got <- [2]int{i, v}
				})
				<-began
				// It waits when it can be served; but to take its place in the line it must have got there.
				reactortest.Eventually(t, func() bool { return reactor.Getters(q) == i+1 }, "a getter to wait")
			}
			for i := range 5 {
				if !q.TryPut(i) {
					t.Fatal("a queue with getters took nothing")
				}
				if p := <-got; p != [2]int{i, i} {
					t.Errorf("getter %d got %d, want both %d", p[0], p[1], i)
				}
			}
		})
	}
}

// TestQueueLosesNothing has putters and getters of every kind, whose waits are
// cancelled all the time: each item that was put is got, once.
func TestQueueLosesNothing(t *testing.T) {
	for _, capacity := range []int{0, 1, 10} {
		t.Run(fmt.Sprintf("capacity %d", capacity), func(t *testing.T) {
			const each = 2000
			r := start(t, reactor.Config{Loops: 2})
			q := reactor.NewQueue[int](capacity)
			var putters, getters sync.WaitGroup
			var put, got, cancelled atomic.Int64
			seen := make([]atomic.Int32, 6*each)
			for i, w := range append(waitings(t, r), waitings(t, r)...) {
				putters.Add(1)
				w.run(context.Background(), func(ctx context.Context) {
					defer putters.Done()
					for n := range each {
						ctx, cancel := impatient(ctx, n)
						if err := q.Put(ctx, i*each+n); err == nil {
							put.Add(1)
						} else {
							cancelled.Add(1)
						}
						cancel()
					}
				})
				getters.Add(1)
				w.run(context.Background(), func(ctx context.Context) {
					defer getters.Done()
					for n := 0; ; n++ {
						ctx, cancel := impatient(ctx, n)
						v, err := q.Get(ctx)
						cancel()
						switch {
						case err == nil:
							got.Add(1)
							seen[v].Add(1)
						case errors.Is(err, reactor.ErrQueueClosed):
							return
						default:
							cancelled.Add(1)
						}
					}
				})
			}
			putters.Wait()
			if err := q.Close(); err != nil {
				t.Error(err)
			}
			getters.Wait()
			if put.Load() != got.Load() {
				t.Errorf("%d were put and %d got", put.Load(), got.Load())
			}
			for v := range seen {
				if n := seen[v].Load(); n > 1 {
					t.Fatalf("item %d was got %d times", v, n)
				}
			}
			t.Logf("%d items, %d waits cancelled", put.Load(), cancelled.Load())
		})
	}
}

// impatient returns a context that ends soon, at once, or never.
func impatient(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	switch n % 4 {
	case 0:
		return context.WithTimeout(ctx, 20*time.Microsecond)
	case 1:
		ctx, cancel := context.WithCancel(ctx)
		go cancel()
		return ctx, cancel
	}
	return ctx, func() {}
}

func TestQueueCloseWakesEveryone(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	empty, full := reactor.NewQueue[int](1), reactor.NewQueue[int](1)
	full.TryPut(1)
	done := make(chan error, 100)
	n := 0
	for _, w := range waitings(t, r) {
		for range 3 {
			w.run(context.Background(), func(ctx context.Context) { _, err := empty.Get(ctx); done <- err })
			w.run(context.Background(), func(ctx context.Context) { done <- full.Put(ctx, 2) })
			n += 2
		}
	}
	reactortest.Eventually(t, func() bool { return reactor.Getters(empty) == n/2 && reactor.Putters(full) == n/2 }, "all to wait")
	for _, q := range []*reactor.Queue[int]{empty, full} {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		if err := q.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closing twice: %v", err)
		}
	}
	for range n {
		if err := <-done; !errors.Is(err, reactor.ErrQueueClosed) {
			t.Error(err)
		}
	}
	if full.TryPut(3) || !errors.Is(full.Put(context.Background(), 3), reactor.ErrQueueClosed) {
		t.Error("a closed queue takes items")
	}
	for v, err := range full.All(context.Background()) { // what is in it can be got
		if v != 1 || err != nil {
			t.Error(v, err)
		}
	}
	if _, err := full.Get(context.Background()); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestQueueAllEndsWithTheContext(t *testing.T) {
	q := reactor.NewQueue[int](3)
	q.TryPut(1)
	boom := errors.New("boom")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(boom)
	var got []error
	for _, err := range q.All(ctx) {
		got = append(got, err)
	}
	if len(got) != 2 || got[0] != nil || !errors.Is(got[1], boom) {
		t.Errorf("yielded %v", got)
	}
	q.TryPut(1)
	q.TryPut(2)
	for range q.All(context.Background()) {
		break
	}
	if q.Len() != 1 {
		t.Errorf("a loop that ends early leaves %d, want 1", q.Len())
	}
}

func TestCondWakes(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	for _, w := range waitings(t, r) {
		t.Run(w.kind, func(t *testing.T) {
			var mu sync.Mutex
			var c reactor.Cond
			tickets, woken := 0, make(chan int, 10)
			for i := range 5 {
				w.run(context.Background(), func(ctx context.Context) {
					mu.Lock()
					defer mu.Unlock()
					for tickets == 0 {
						if err := c.Wait(ctx, &mu); err != nil {
							t.Error(err)
						}
					}
					tickets--
					woken <- i
				})
				reactortest.Eventually(t, func() bool { return reactor.Waiters(&c) == i+1 }, "a waiter")
			}
			give := func(n int) { mu.Lock(); tickets += n; mu.Unlock() }
			for want := range 2 {
				give(1)
				c.Signal()
				if i := <-woken; i != want {
					t.Errorf("waiter %d was woken, want %d", i, want)
				}
			}
			give(3)
			c.Broadcast()
			for range 3 {
				<-woken
			}
			c.Signal() // for nobody
		})
	}
}

// TestCondLosesNoSignal cancels waits while they are signalled: as many end with
// nil as signals were for them.
func TestCondLosesNoSignal(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	var c reactor.Cond
	for range 300 {
		ctx, cancel := context.WithCancel(context.Background())
		results := make(chan error, 3)
		for _, w := range waitings(t, r) {
			w.run(ctx, func(ctx context.Context) { results <- c.Wait(ctx, nil) })
		}
		reactortest.Eventually(t, func() bool { return reactor.Waiters(&c) == 3 }, "three waiters")
		left := make(chan int)
		go func() {
			c.Signal()
			left <- reactor.Waiters(&c)
		}()
		cancel()
		<-left
		ended := 0
		for range 3 {
			if <-results == nil {
				ended++
			}
		}
		if ended > 1 {
			t.Fatalf("one signal ended %d waits", ended)
		}
	}
}

// BenchmarkQueue hands items over, and compares with a channel: between two
// fibers of one loop, of two, and two goroutines.
func BenchmarkQueue(b *testing.B) {
	for _, capacity := range []int{0, 64} {
		r := start(b, reactor.Config{Loops: 2})
		ws := waitings(b, r)
		for _, pair := range [][2]waiting{{ws[0], ws[0]}, {ws[0], ws[2]}, {ws[1], ws[1]}, {ws[0], ws[1]}} {
			b.Run(fmt.Sprintf("cap=%d/%s to %s", capacity, pair[0].kind, pair[1].kind), func(b *testing.B) {
				b.ReportAllocs()
				q := reactor.NewQueue[int](capacity)
				done := make(chan bool)
				pair[1].run(context.Background(), func(ctx context.Context) {
					for range q.All(ctx) {
					}
					close(done)
				})
				pair[0].run(context.Background(), func(ctx context.Context) {
					for i := range b.N {
						_ = q.Put(ctx, i)
					}
					_ = q.Close()
				})
				<-done
			})
		}
		b.Run(fmt.Sprintf("cap=%d/channel", capacity), func(b *testing.B) {
			c, done := make(chan int, capacity), make(chan bool)
			go func() {
				for range c {
				}
				close(done)
			}()
			for i := range b.N {
				c <- i
			}
			close(c)
			<-done
		})
	}
}
