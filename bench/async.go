package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/netbox"
)

// asyncSample is of how many requests one is timed. Reading the clock twice
// for each would be a good part of what it costs.
const asyncSample = 64

// window is a load of one goroutine that keeps a number of requests in flight
// on one connection.
type window struct {
	q    question
	conn *netbox.Conn
	ring []flight
	lat  *latencies
}

// A flight is a request under way.
type flight struct {
	future *netbox.Future
	number int
	since  time.Time // zero: not timed
}

// async makes a load that keeps n requests in flight.
func async(q question, n int) func(context.Context, string) (load, error) {
	return func(ctx context.Context, addr string) (load, error) {
		conn, err := connect(ctx, q, addr)
		if err != nil {
			return nil, err
		}
		return &window{q: q, conn: conn, ring: make([]flight, n), lat: newLatencies()}, nil
	}
}

// run sends a request for each that is answered, always waiting for the oldest.
func (w *window) run(stop *atomic.Bool) (ops int64, err error) {
	i := 0
	for ; i == 0 || !stop.Load(); i++ {
		f := &w.ring[i%len(w.ring)]
		if i >= len(w.ring) {
			if err := w.land(f); err != nil {
				return ops, err
			}
			ops++
		}
		f.number, f.since = i, time.Time{}
		if i%asyncSample == 0 {
			f.since = time.Now()
		}
		f.future = w.q.send(w.conn, i)
	}
	for k := max(0, i-len(w.ring)); k < i; k++ {
		if err := w.land(&w.ring[k%len(w.ring)]); err != nil {
			return ops, err
		}
		ops++
	}
	return ops, nil
}

// land waits for an answer and looks at it.
func (w *window) land(f *flight) error {
	r, err := f.future.Wait(context.Background())
	if err != nil {
		return err
	}
	if !f.since.IsZero() {
		w.lat.add(time.Since(f.since))
	}
	err = w.q.check(f.number, r)
	f.future.Release()
	return err
}

func (w *window) latencies() *latencies { return newLatencies().drain(w.lat) }

func (w *window) close() { _ = w.conn.Close() }
