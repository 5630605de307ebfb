package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/netbox"
)

// syncSample is of how many requests of a goroutine one is timed, when there
// are many goroutines.
const syncSample = 8

// callers is a load of goroutines that share a connection and wait for each
// answer.
type callers struct {
	conn *netbox.Conn
	list []*caller
}

// A caller is one of the goroutines.
type caller struct {
	q     question
	conn  *netbox.Conn
	every int // one request of so many is timed
	lat   *latencies
	check func(netbox.Result) error // for DoFunc, made once

	number int // of the request under way
	ops    int64
	err    error
}

// synchronous makes a load of n callers.
func synchronous(q question, n int) func(context.Context, string) (load, error) {
	return func(ctx context.Context, addr string) (load, error) {
		conn, err := connect(ctx, q, addr)
		if err != nil {
			return nil, err
		}
		l := &callers{conn: conn}
		for range n {
			c := &caller{q: q, conn: conn, every: 1, lat: newLatencies()}
			if n > 1 {
				c.every = syncSample
			}
			c.check = func(r netbox.Result) error { return c.q.check(c.number, r) }
			l.list = append(l.list, c)
		}
		return l, nil
	}
}

// run lets every caller work, until one fails or stop is set.
func (l *callers) run(stop *atomic.Bool) (ops int64, err error) {
	var wg sync.WaitGroup
	for i, c := range l.list {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c.number = i
			c.run(stop)
			if c.err != nil {
				stop.Store(true)
			}
		}()
	}
	wg.Wait()
	for _, c := range l.list {
		ops += c.ops
		if err == nil {
			err = c.err
		}
	}
	return ops, err
}

// run is the goroutine of a caller.
func (c *caller) run(stop *atomic.Bool) {
	ctx := context.Background()
	for c.ops, c.err = 0, nil; c.err == nil && (c.ops == 0 || !stop.Load()); c.ops++ {
		c.number++
		if c.number%c.every != 0 {
			c.err = c.q.do(ctx, c.conn, c.number, c.check)
		} else {
			since := time.Now()
			c.err = c.q.do(ctx, c.conn, c.number, c.check)
			c.lat.add(time.Since(since))
		}
	}
}

func (l *callers) latencies() *latencies {
	all := newLatencies()
	for _, c := range l.list {
		all.drain(c.lat)
	}
	return all
}

func (l *callers) close() { _ = l.conn.Close() }
