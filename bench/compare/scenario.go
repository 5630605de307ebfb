//go:build linux

package main

import (
	"github.com/kharon-net/kharon/bench/compare/load"
	"github.com/kharon-net/kharon/bench/compare/peer"
)

// A scenario is a program and what its client does.
type scenario struct {
	name  string
	kind  peer.Kind
	shape load.Shape
	idle  bool // memory is measured instead of time
}

// scenarios are all of them, in the order of the table.
var scenarios = []*scenario{
	{name: "echo/64", kind: peer.Echo, shape: load.Shape{Conns: 64, Depth: 1}},
	{name: "echo/1024", kind: peer.Echo, shape: load.Shape{Conns: 1024, Depth: 1}},
	{name: "echo-pipelined/16x64", kind: peer.Echo, shape: load.Shape{Conns: 64, Depth: 16}},
	{name: "line/64", kind: peer.Line, shape: load.Shape{Conns: 64, Depth: 1}},
	{name: "line/1024", kind: peer.Line, shape: load.Shape{Conns: 1024, Depth: 1}},
	{name: "push/1", kind: peer.Push, shape: load.Shape{Conns: 1, Push: true}},
	{name: "push/16", kind: peer.Push, shape: load.Shape{Conns: 16, Push: true}},
	{name: "idle/5000", kind: peer.Line, shape: load.Shape{Conns: 5000, Depth: 1}, idle: true},
}

// A pair is a scenario and a peer that is to do it.
type pair struct {
	*scenario
	peer *peer.Peer
}

func (p pair) name() string { return p.scenario.name + "/" + p.peer.Name }

// program is the kind of server: where a peer has no lines, its echo server is
// as idle as another.
func (p pair) program() peer.Kind {
	if p.idle && p.peer.Missing(p.kind) != "" {
		return peer.Echo
	}
	return p.kind
}

// missing tells why the peer can not do it; "" when it can.
func (p pair) missing() string { return p.peer.Missing(p.program()) }

// pairs are all there are, those that are missing included.
func pairs() []pair {
	var all []pair
	for _, s := range scenarios {
		for _, p := range peer.All {
			all = append(all, pair{s, p})
		}
	}
	return all
}
