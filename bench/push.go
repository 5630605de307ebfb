package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/kharon-net/kharon/netbox"
)

// pushed is a load of one goroutine that calls push_n again and again and
// looks at every message.
type pushed struct {
	conn *netbox.Conn
	n    int // messages of a call
	lat  *latencies
}

// push makes a load of calls with n messages each.
func push(n int) func(context.Context, string) (load, error) {
	return func(ctx context.Context, addr string) (load, error) {
		conn, err := netbox.Connect(ctx, addr, netbox.Options{})
		if err != nil {
			return nil, err
		}
		p := &pushed{conn: conn, n: n, lat: newLatencies()}
		if err := p.call(); err != nil {
			_ = conn.Close()
			return nil, &missingError{"push_n", err}
		}
		return p, nil
	}
}

func (p *pushed) run(stop *atomic.Bool) (ops int64, err error) {
	for ops == 0 || !stop.Load() {
		since := time.Now()
		if err := p.call(); err != nil {
			return ops, err
		}
		p.lat.add(time.Since(since))
		ops += int64(p.n)
	}
	return ops, nil
}

// call makes one call and takes its messages, 1 to n, and its result, n.
func (p *pushed) call() error {
	ctx := context.Background()
	f := p.conn.Send(netbox.Call("push_n", p.n))
	got := 0
	for msg, err := range f.Pushes(ctx) {
		if err != nil {
			return err
		}
		got++
		if v, err := msg.Int(); err != nil || v != int64(got) {
			return fmt.Errorf("message %d is %v", got, msg)
		}
	}
	r, err := f.Wait(ctx)
	if err != nil {
		return err
	}
	if r.Int(0) != int64(p.n) || got != p.n {
		return fmt.Errorf("%d messages came, and the result %d; want %d", got, r.Int(0), p.n)
	}
	f.Release()
	return nil
}

func (p *pushed) latencies() *latencies { return newLatencies().drain(p.lat) }

func (p *pushed) close() { _ = p.conn.Close() }
