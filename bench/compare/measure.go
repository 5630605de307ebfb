//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kharon-net/kharon/bench/compare/load"
	"github.com/kharon-net/kharon/bench/compare/usage"
)

// A sample is what one round has measured of a pair.
type sample struct {
	OpsPerSec float64 `json:"ops_per_s"`
	Server    cost    `json:"server"` // µs per message
	Client    cost    `json:"client"`
	P50       float64 `json:"p50_us,omitempty"`
	P99       float64 `json:"p99_us,omitempty"`
	Bytes     float64 `json:"bytes_per_conn,omitempty"` // idle
	Acks      *cost   `json:"server_acks,omitempty"`    // of taking the acknowledgement of an event
	Peak      float64 `json:"peak_bytes,omitempty"`     // resident, of a client that is compared
}

// A cost is processor time, in µs per message.
type cost struct {
	User   float64 `json:"user_us"`
	System float64 `json:"system_us"`
}

func (c cost) total() float64 { return c.User + c.System }

func costOf(cpu usage.CPU, ops int64) cost {
	per := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(ops) }
	return cost{per(cpu.User), per(cpu.System)}
}

// A contest is the server of a pair and its client, both running.
type contest struct {
	server, client *child
	before         uint64 // the server's memory without connections
}

// stage starts both sides of a pair. The arguments go to the one that is
// compared.
func stage(p pair, args ...string) (c *contest, err error) {
	c = &contest{}
	flag, what := p.clientArgs()
	shape, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	server, client := p.serverArgs(), []string{"-shape", string(shape)}
	if p.library != nil {
		client = append(client, args...)
	} else {
		server = append(server, args...)
	}
	serverCore, clientCore := cores()
	if c.server, err = startChild(serverCore, server...); err != nil {
		return nil, err
	}
	if err := c.server.ask("memory", &c.before); err != nil {
		c.server.stop()
		return nil, err
	}
	c.client, err = startChild(clientCore, append([]string{flag, c.server.said}, client...)...)
	if err != nil {
		c.server.stop()
		return nil, err
	}
	return c, nil
}

// end stops the client first, so that the server ends idle.
func (c *contest) end() {
	c.client.stop()
	c.server.stop()
}

// load has the client run for d.
func (c *contest) load(d time.Duration) (r load.Result, err error) {
	return r, c.client.ask("run "+d.String(), &r)
}

// measure does one round of a pair.
func measure(p pair, d time.Duration, args ...string) (*sample, error) {
	c, err := stage(p, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name(), err)
	}
	defer c.end()
	var s *sample
	if p.idle {
		s, err = c.idle(p.shape.Conns)
	} else {
		s, err = c.busy(d)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name(), err)
	}
	return s, nil
}

func (c *contest) busy(d time.Duration) (*sample, error) {
	if _, err := c.load(d / 10); err != nil {
		return nil, err
	}
	var before, after usage.CPU
	if err := c.server.ask("usage", &before); err != nil {
		return nil, err
	}
	r, err := c.load(d)
	if err != nil {
		return nil, err
	}
	if err := c.server.ask("usage", &after); err != nil {
		return nil, err
	}
	s := &sample{
		OpsPerSec: float64(r.Ops) / r.Wall.Seconds(),
		Server:    costOf(after.Minus(before), r.Ops),
		Client:    costOf(r.CPU, r.Ops),
		P50:       r.P50.Seconds() * 1e6,
		P99:       r.P99.Seconds() * 1e6,
		Peak:      float64(r.Peak),
	}
	if r.Server != nil {
		acks := costOf(*r.Acks, r.Ops)
		s.Server, s.Acks = costOf(*r.Server, r.Ops), &acks
	}
	return s, nil
}

// idle lets every connection have one answer and weighs the server then.
func (c *contest) idle(conns int) (*sample, error) {
	if _, err := c.load(time.Nanosecond); err != nil {
		return nil, err
	}
	time.Sleep(100 * time.Millisecond) // handlers are on their way back to waiting
	var after uint64
	if err := c.server.ask("memory", &after); err != nil {
		return nil, err
	}
	return &sample{Bytes: (float64(after) - float64(c.before)) / float64(conns)}, nil
}
