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
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// An unreliable server answers in any order, some requests later than others and some twice, in pieces of any size, and
// breaks connections within a packet.
type unreliable struct {
	patience int64 // answers of a connection before it breaks

	mu       sync.Mutex
	executed map[int64]int // by the number that is echoed: how often
	twice    int64
	broken   int64
}

// serve plays a connection.
func (u *unreliable) serve(n int, s *script) {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	s.introduceModern()
	requests := make(chan request, 1000)
	go func() {
		defer close(requests)
		for {
			r := s.next()
			if r.Type != iproto.TypeCall {
				return
			}
			requests <- r
		}
	}()
	var waiting [][]byte
	sent := int64(0)
	for r := range requests {
		waiting = append(waiting, u.execute(s, r))
		for more := len(requests); more > 0; more-- {
			waiting = append(waiting, u.execute(s, <-requests))
		}
		random.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
		now := len(waiting) // the last ones wait for the next round, if there is going to be one
		if len(requests) > 0 {
			now = 1 + random.IntN(now)
		}
		var out []byte
		for _, frame := range waiting[:now] {
			out = append(out, frame...)
			if random.IntN(50) == 0 {
				out = append(out, frame...)
				u.count(&u.twice)
			}
		}
		waiting = waiting[now:]
		sent += int64(now)
		if sent > u.patience {
			out = out[:random.IntN(len(out))]
		}
		for len(out) > 0 {
			size := min(len(out), 1+random.IntN(100))
			s.Write(out[:size])
			out = out[size:]
		}
		if sent > u.patience {
			u.count(&u.broken)
			s.Close()
			for range requests { // until the reader has seen it
			}
			return
		}
		if len(waiting) > 0 && len(requests) == 0 {
			for _, frame := range waiting {
				s.Write(frame)
			}
			waiting = waiting[:0]
		}
	}
}

// execute takes note of a request and returns its answer, which is its argument.
func (u *unreliable) execute(s *script, r request) (frame []byte) {
	call, _, err := iproto.ParseCall(r.body)
	if err != nil {
		s.t.Error(err)
	}
	args, err := msgp.NewArray(call.Args)
	if err != nil {
		s.t.Error(err)
	}
	u.mu.Lock()
	u.executed[args.Int(0)]++
	u.mu.Unlock()
	b, mark := iproto.BeginFrame(nil)
	b = iproto.AppendReplyHeader(b, iproto.TypeOK, r.Sync, 1)
	return iproto.EndFrame(iproto.Data{Array: call.Args}.Append(b), mark)
}

func (u *unreliable) count(n *int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	*n++
}

func TestAnUnreliableServerMistakesNothing(t *testing.T) {
	const callers = 32
	requests := int64(100_000)
	if raceEnabled || testing.Short() {
		requests = 20_000
	}
	u := &unreliable{patience: requests / 20, executed: map[int64]int{}}
	sc := perform(t, u.serve)
	c := connect(t, sc.addr, Options{NoSchema: true, NoGracefulShutdown: true, ReconnectAfter: time.Millisecond, ReconnectMax: time.Millisecond})
	var next, answered, givenUp, lost, unsent atomic.Int64
	var wg sync.WaitGroup
	for g := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(9, uint64(g)))
			for id := next.Add(1); id <= requests && !t.Failed(); id = next.Add(1) {
				ctx, cancel := context.WithCancel(context.Background())
				switch random.IntN(8) {
				case 0:
					cancel()
				case 1:
					go cancel()
				}
				r, err := c.Call(ctx, "echo", id)
				cancel()
				var broken *ConnError
				switch {
				case err == nil && r.Len() == 1 && r.Int(0) == id:
					answered.Add(1)
				case errors.As(err, &broken) && broken.Sent:
					lost.Add(1)
				case errors.As(err, &broken):
					unsent.Add(1)
				case errors.Is(err, context.Canceled):
					givenUp.Add(1)
				default:
					t.Errorf("request %d: %d values, the first is %d, %v", id, r.Len(), r.Int(0), err)
				}
			}
		})
	}
	wg.Wait()
	reactortest.Eventually(t, func() bool { return c.Metrics().InFlight == 0 }, "all slots to be free")
	if sum := answered.Load() + givenUp.Load() + lost.Load() + unsent.Load(); sum != requests {
		t.Errorf("%d outcomes of %d requests", sum, requests)
	}
	waitClosed(t, c)
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, n := range u.executed {
		if n != 1 {
			t.Errorf("request %d was executed %d times", id, n)
		}
	}
	if n := int64(len(u.executed)); n < answered.Load() || n > requests-unsent.Load() {
		t.Errorf("%d requests reached the server, %d were answered, %d have not left", n, answered.Load(), unsent.Load())
	}
	if answered.Load() == 0 || givenUp.Load() == 0 || lost.Load() == 0 || u.broken == 0 || u.twice == 0 {
		t.Errorf("%d answered, %d given up, %d lost, %d times broken, %d answered twice", answered.Load(), givenUp.Load(), lost.Load(), u.broken, u.twice)
	}
	t.Logf("%d answered, %d given up, %d lost, %d not sent, %d connections, %d answers sent twice",
		answered.Load(), givenUp.Load(), lost.Load(), unsent.Load(), sc.connections(), u.twice)
}
