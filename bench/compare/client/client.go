//go:build linux

// Package client holds the clients of Tarantool that are compared: the same requests, made with each library the way
// its own documentation makes them.
package client

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kharon-net/kharon/bench/compare/load"
	"github.com/kharon-net/kharon/bench/compare/usage"
)

// An Op is the request that is made, over and over.
type Op string

// The ops.
const (
	Ping   Op = "ping"
	Call   Op = "call"   // of the function echo with one integer
	Select Op = "select" // of one row of the space test by its primary key
	Whole  Op = "whole"  // of all rows of the space many, in one answer; rows that decode themselves
	Plain  Op = "plain"  // of the same in the way each library would have it, with plain structs for rows
	Paged  Op = "paged"  // of all rows of the space many, a page at a time
)

// A Shape is what a client does on its one connection.
type Shape struct {
	Library string
	Op      Op
	Callers int  // requests on their way at a time
	Async   bool // all of one goroutine, instead of one for each
}

// Walks tells whether many rows are gone through, of which each is a message.
func (s Shape) Walks() bool { return s.Op == Whole || s.Op == Plain || s.Op == Paged }

// A Library is a client library, or a way of using one.
type Library struct {
	Name    string
	connect func(addr string, s Shape) (runner, error)
	missing map[Op]string // why it can not make the request
	async   string        // why it has no requests that are not waited for at once; "": it has
}

// All are the libraries, in the order of the table. The first is the one that the others are compared with.
var All = []*Library{goTarantool, fzambia, netBox, kharon, kharonFibers}

// Missing tells why the library can not do it; "" when it can.
func (l *Library) Missing(s Shape) string {
	if why := l.missing[s.Op]; why != "" {
		return why
	}
	if s.Async {
		return l.async
	}
	return ""
}

// A runner makes requests until the time is over.
type runner interface {
	run(d time.Duration) (load.Result, error)
	close()
}

// A Client is a connection of a library.
type Client struct{ r runner }

// Connect connects to a server with the library that the shape names.
func Connect(addr string, s Shape) (*Client, error) {
	i := slices.IndexFunc(All, func(l *Library) bool { return l.Name == s.Library })
	if i < 0 {
		return nil, fmt.Errorf("no client library is called %q", s.Library)
	}
	if why := All[i].Missing(s); why != "" {
		return nil, fmt.Errorf("%s: %s", s.Library, why)
	}
	r, err := All[i].connect(addr, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Library, err)
	}
	return &Client{r}, nil
}

// Run makes requests for d, and returns when all answers have come.
func (c *Client) Run(d time.Duration) (load.Result, error) { return c.r.run(d) }

// Close closes the connection.
func (c *Client) Close() { c.r.close() }

// A crowd are callers of which each waits for its answers: the runner of everything but Lua.
type crowd struct {
	callers int
	caller  func(ctx context.Context, t *turns) error // runs until t is over
	start   func(f func(context.Context)) error       // a goroutine or fiber
	end     func()
	lat     latencies
}

func (c *crowd) close() { c.end() }

func (c *crowd) run(d time.Duration) (load.Result, error) {
	var over atomic.Bool
	var wg sync.WaitGroup
	all := make([]turns, c.callers)
	errs := make(chan error, c.callers)
	before, err := usage.Self()
	if err != nil {
		return load.Result{}, err
	}
	began := time.Now()
	time.AfterFunc(d, func() { over.Store(true) })
	for i := range all {
		all[i] = turns{over: &over, lat: &c.lat, ops: i} // they begin with different keys
		wg.Add(1)
		if err := c.start(func(ctx context.Context) {
			defer wg.Done()
			if err := c.caller(ctx, &all[i]); err != nil {
				over.Store(true)
				errs <- err
			}
		}); err != nil {
			return load.Result{}, err
		}
	}
	wg.Wait()
	after, err := usage.Self()
	if err != nil {
		return load.Result{}, err
	}
	close(errs)
	if err := <-errs; err != nil {
		return load.Result{}, err
	}
	r := load.Result{Wall: time.Since(began), CPU: after.Minus(before)}
	for i := range all {
		r.Ops += int64(all[i].ops - i)
	}
	r.P50, r.P99 = c.lat.drain()
	r.Peak, err = usage.Peak(os.Getpid())
	return r, err
}

// onGoroutine is a crowd's start.
func onGoroutine(f func(context.Context)) error {
	go f(context.Background())
	return nil
}

// turns are the requests of one caller.
type turns struct {
	over *atomic.Bool
	lat  *latencies
	ops  int
}

// sampled is of how many requests one is timed.
const sampled = 16

// each calls f until the time is over, with the number of the request.
func (t *turns) each(f func(i int) error) error {
	for ; !t.over.Load(); t.ops++ {
		var began time.Time
		if t.ops%sampled == 0 {
			began = time.Now()
		}
		if err := f(t.ops); err != nil {
			return err
		}
		if !began.IsZero() {
			t.lat.add(time.Since(began))
		}
	}
	return nil
}

// window keeps n requests on their way until the time is over, and waits for the last of them then.
func window[F any](t *turns, n int, send func(i int) (F, error), wait func(F) error) (err error) {
	futures := make([]F, n)
	sent := 0
	for ; !t.over.Load(); sent++ {
		slot := &futures[sent%n]
		if sent >= n {
			if err := wait(*slot); err != nil {
				return err
			}
			t.ops++
		}
		if *slot, err = send(sent); err != nil {
			return err
		}
	}
	for i := max(sent-n, 0); i < sent; i++ {
		if err := wait(futures[i%n]); err != nil {
			return err
		}
		t.ops++
	}
	return nil
}

// latencies are shared by all callers.
type latencies struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.h == nil {
		l.h = hdrhistogram.New(1, time.Minute.Microseconds(), 2)
	}
	_ = l.h.RecordValue(max(d.Microseconds(), 1)) // beyond a minute the run has failed anyway
}

// drain returns two percentiles and forgets everything.
func (l *latencies) drain() (p50, p99 time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.h == nil {
		return 0, 0
	}
	at := func(q float64) time.Duration { return time.Duration(l.h.ValueAtQuantile(q)) * time.Microsecond }
	p50, p99 = at(50), at(99)
	l.h.Reset()
	return p50, p99
}
