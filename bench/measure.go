package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// A result is what a scenario has measured. Its keys in JSON are stable.
type result struct {
	Scenario  string   `json:"scenario"`
	OpsPerSec float64  `json:"ops_per_sec"`
	ClientCPU float64  `json:"client_cpu_us_per_op"`
	ServerCPU *float64 `json:"server_cpu_us_per_op"` // nil: not known
	P50       float64  `json:"p50_us"`
	P99       float64  `json:"p99_us"`
	P999      float64  `json:"p999_us"`
	Allocs    float64  `json:"allocs_per_op"` // of the client
	Bytes     float64  `json:"bytes_per_op"`

	layer string
}

// usage is what has been used up to some moment.
type usage struct {
	at     time.Time
	client time.Duration // processor time
	server time.Duration // 0 when it is not known
	allocs uint64
	bytes  uint64
}

// measure runs one scenario against srv: it warms up, then counts. progress is
// called between the two.
func measure(ctx context.Context, s *scenario, srv server, d time.Duration, progress func()) (*result, error) {
	l, err := s.prepare(ctx, srv.addr)
	if err != nil {
		return nil, err
	}
	defer l.close()
	runtime.GC() // what earlier scenarios left is not on this one's account
	if _, err := during(ctx, l, d/10); err != nil {
		return nil, err
	}
	l.latencies()
	progress()
	before, err := readUsage(srv)
	if err != nil {
		return nil, err
	}
	ops, err := during(ctx, l, d)
	if err != nil {
		return nil, err
	}
	after, err := readUsage(srv)
	if err != nil {
		return nil, err
	}
	return newResult(s, srv, ops, before, after, l.latencies()), nil
}

// during runs l for d.
func during(ctx context.Context, l load, d time.Duration) (ops int64, err error) {
	var stop atomic.Bool
	timer := time.AfterFunc(d, func() { stop.Store(true) })
	defer timer.Stop()
	defer context.AfterFunc(ctx, func() { stop.Store(true) })()
	ops, err = l.run(&stop)
	if ctx.Err() != nil { // it may be what made the load fail
		return 0, context.Cause(ctx)
	}
	return ops, err
}

func readUsage(srv server) (u usage, err error) {
	if srv.cpu != nil {
		if u.server, err = srv.cpu(); err != nil {
			return u, err
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.allocs, u.bytes = m.Mallocs, m.TotalAlloc
	u.client, err = cpuTime()
	u.at = time.Now()
	return u, err
}

func newResult(s *scenario, srv server, ops int64, before, after usage, lat *latencies) *result {
	n := float64(ops)
	perOp := func(d time.Duration) float64 { return d.Seconds() * 1e6 / n }
	r := &result{
		Scenario:  s.name,
		OpsPerSec: n / after.at.Sub(before.at).Seconds(),
		ClientCPU: perOp(after.client - before.client),
		P50:       lat.micros(50),
		P99:       lat.micros(99),
		P999:      lat.micros(99.9),
		Allocs:    float64(after.allocs-before.allocs) / n,
		Bytes:     float64(after.bytes-before.bytes) / n,
		layer:     s.layer(),
	}
	if srv.cpu != nil {
		cpu := perOp(after.server - before.server)
		r.ServerCPU = &cpu
	}
	return r
}
