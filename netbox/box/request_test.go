package box

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// exchange sends packets at once, and reads so many bytes of answers.
func (r *raw) exchange(packets []byte, answers int, buf []byte) {
	r.t.Helper()
	r.write(packets)
	for answers > 0 {
		n, err := io.ReadFull(r, buf[:min(answers, len(buf))])
		if err != nil {
			r.t.Fatal(err)
		}
		answers -= n
	}
}

func TestRequestsAllocateLittle(t *testing.T) {
	if raceEnabled || debugEnabled {
		t.Skip("requests are not always used again under the race detector, and never under kharon_debug")
	}
	const batch = 256
	for mode, most := range map[Mode]float64{Inline: 0, Fiber: 0, Goroutine: 0} {
		t.Run(mode.String(), func(t *testing.T) {
			_, addr := start(t, Config{Mode: mode})
			c := dialRaw(t, addr)
			one := call(1, "echo", 1, 2, 3)
			c.write(one)
			answer := len(c.expectOK(1).frame)
			packets, buf := bytes.Repeat(one, batch), make([]byte, 64<<10)
			perBatch := testing.AllocsPerRun(100, func() { c.exchange(packets, batch*answer, buf) })
			if n := perBatch / batch; n > most+0.1 { // a batch, or a collection, may cost something
				t.Errorf("%.2f allocations for a request, want %v", n, most)
			}
		})
	}
}

// TestSessionsOfEndedRequestsStayEnded has later requests use the same memory.
func TestSessionsOfEndedRequestsStayEnded(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		var mu sync.Mutex
		var kept []Session
		srv.FuncWith(FuncOptions{Mode: srv.cfg.Mode}, "keep", func(_ context.Context, req *Request) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, req.Session())
			return nil, nil
		})
		other := dialRaw(t, c.RemoteAddr().String())
		for i := range uint64(20) {
			c.write(call(i, "keep"))
			c.expectOK(i)
		}
		srv.FuncWith(FuncOptions{Mode: srv.cfg.Mode}, "others", func(_ context.Context, req *Request) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			for i, s := range kept {
				if err := s.Push("stray"); !errors.Is(err, ErrRequestDone) {
					t.Errorf("push of request %d, which has ended: %v", i, err)
				}
				if err := s.PushTo(s.Sync(), "stray"); !errors.Is(err, ErrRequestDone) {
					t.Errorf("push to request %d, which has ended: %v", i, err)
				}
			}
			return nil, req.Session().Push("mine")
		})
		for i := range uint64(20) {
			other.write(call(i, "others"))
			if p := other.take(); p.Type != iproto.TypeChunk || p.Sync != i {
				t.Fatalf("got %v, want a message of request %d", p, i)
			}
			other.expectOK(i)
		}
		c.expectAlive()
	})
}

// TestArgumentsAreNotMixedUp has requests of many sizes under way at once.
func TestArgumentsAreNotMixedUp(t *testing.T) {
	allModes(t, func(t *testing.T, _ *Server, c *raw) {
		const n = 2000
		var out []byte
		for i := range uint64(n) {
			out = append(out, call(i, "echo", int(i), string(bytes.Repeat([]byte{'a' + byte(i%26)}, int(i%300))))...)
		}
		go func() { _, _ = c.Write(out) }()
		for range n {
			p := c.take()
			i := int(p.Sync)
			args := msgp.AppendString(msgp.AppendInt(nil, int64(i)), string(bytes.Repeat([]byte{'a' + byte(i%26)}, i%300)))
			if p.Type != iproto.TypeOK || !bytes.HasSuffix(p.frame, args) {
				t.Fatalf("got %v for request %d", p, i)
			}
		}
	})
}

// BenchmarkRequests measures calls of a client that has 256 under way, both sides together.
func BenchmarkRequests(b *testing.B) {
	const batch = 256
	for _, mode := range []Mode{Inline, Fiber, Goroutine} {
		b.Run(mode.String(), func(b *testing.B) {
			_, addr := start(b, Config{Mode: mode})
			c := dialRaw(b, addr)
			one := call(1, "echo", 1, 2, 3)
			c.write(one)
			answer := len(c.expectOK(1).frame)
			packets, buf := bytes.Repeat(one, batch), make([]byte, 64<<10)
			b.ReportAllocs()
			for n := b.N; n > 0; n -= batch {
				k := min(n, batch)
				c.exchange(packets[:k*len(one)], k*answer, buf)
			}
		})
	}
}
