//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/kharon-net/kharon/bench/compare/client"
	"github.com/kharon-net/kharon/bench/compare/load"
	"github.com/kharon-net/kharon/bench/compare/peer"
	"github.com/kharon-net/kharon/bench/compare/tarantool"
)

// A scenario is what a server and its client do. One of the two is what is compared.
type scenario struct {
	name string

	// when servers are compared
	kind  peer.Kind
	shape load.Shape
	idle  bool // memory is measured instead of time

	// when clients are compared
	server   string // as for -serve
	requests client.Shape
}

// scenarios are all of them, in the order of the table.
var scenarios = []*scenario{
	{name: "echo/64", kind: peer.Echo, shape: load.Shape{Conns: 64, Depth: 1}},
	{name: "echo/1024", kind: peer.Echo, shape: load.Shape{Conns: 1024, Depth: 1}},
	{name: "echo-pipelined/16x64", kind: peer.Echo, shape: load.Shape{Conns: 64, Depth: 16}},
	{name: "echo-pipelined/64x64", kind: peer.Echo, shape: load.Shape{Conns: 64, Depth: 64}},
	{name: "line/64", kind: peer.Line, shape: load.Shape{Conns: 64, Depth: 1}},
	{name: "line/1024", kind: peer.Line, shape: load.Shape{Conns: 1024, Depth: 1}},
	{name: "push/1", kind: peer.Push, shape: load.Shape{Conns: 1, Depth: 2, Topic: load.Push}},
	{name: "push/16", kind: peer.Push, shape: load.Shape{Conns: 16, Depth: 2, Topic: load.Push}},
	{name: "idle/10000", kind: peer.Line, shape: load.Shape{Conns: 10000, Depth: 1}, idle: true},

	{name: "udp/1x1", kind: peer.UDP, shape: load.Shape{Conns: 1, Depth: 1, Topic: load.UDPEcho}},
	{name: "udp/1x16", kind: peer.UDP, shape: load.Shape{Conns: 1, Depth: 16, Topic: load.UDPEcho}},
	{name: "udp/1x128", kind: peer.UDP, shape: load.Shape{Conns: 1, Depth: 128, Topic: load.UDPEcho}},
	{name: "udp/128x1", kind: peer.UDP, shape: load.Shape{Conns: 128, Depth: 1, Topic: load.UDPEcho}},

	{name: "box-ping/1x512", kind: peer.Box, shape: load.Shape{Conns: 1, Depth: 512, Topic: load.BoxPing}},
	{name: "box-ping/16x64", kind: peer.Box, shape: load.Shape{Conns: 16, Depth: 64, Topic: load.BoxPing}},
	{name: "box-call/1x512", kind: peer.Box, shape: load.Shape{Conns: 1, Depth: 512, Topic: load.BoxCall}},
	{name: "box-call/16x64", kind: peer.Box, shape: load.Shape{Conns: 16, Depth: 64, Topic: load.BoxCall}},
	{name: "box-push/1", kind: peer.Box, shape: load.Shape{Conns: 1, Depth: 1, Topic: load.BoxPush}},
	{name: "box-push/1000", kind: peer.Box, shape: load.Shape{Conns: 1000, Depth: 1, Topic: load.BoxPush}},
	{name: "box-pushall/1", kind: peer.Box, shape: load.Shape{Conns: 1, Depth: 1, Topic: load.BoxPushAll}},
	{name: "box-pushall/1000", kind: peer.Box, shape: load.Shape{Conns: 1000, Depth: 1, Topic: load.BoxPushAll}},
	{name: "box-broadcast/10000", kind: peer.Box, shape: load.Shape{Conns: 10000, Depth: 1, Topic: load.BoxBroadcast}},

	clients("tarantool/box", client.Select, 512, true),
	clients("tarantool/box", client.Select, 512, false),
	clients("tarantool/box", client.Select, 64, false),
	clients("tarantool/box", client.Select, 1, false),
	clients("tarantool/box", client.Call, 512, true),
	clients("tarantool/box", client.Call, 64, false),
	clients("kharon-inline/box", client.Call, 512, true),
	clients("kharon-inline/box", client.Call, 512, false),
	clients("kharon-inline/box", client.Call, 64, false),
	clients("kharon-inline/box", client.Call, 1, false),

	walk(client.Plain),
	walk(client.Whole),
	walk(client.Paged),
}

// clients is a scenario in which clients are compared.
func clients(server string, op client.Op, callers int, async bool) *scenario {
	how := "sync"
	if async {
		how = "async"
	}
	of, _, _ := strings.Cut(server, "/")
	return &scenario{
		name:     fmt.Sprintf("client-%s/%s-%d/%s", op, how, callers, of),
		server:   server,
		requests: client.Shape{Op: op, Callers: callers, Async: async},
	}
}

// walk is a scenario in which clients go through many rows.
func walk(op client.Op) *scenario {
	return &scenario{
		name:     fmt.Sprintf("client-rows/%s-%d/tarantool", op, client.Rows),
		server:   "tarantool/box",
		requests: client.Shape{Op: op, Callers: 1},
	}
}

// A pair is a scenario and who is to do it, a server or a client.
type pair struct {
	*scenario
	who     string
	peer    *peer.Peer      // nil: clients are compared
	library *client.Library // nil: servers are compared
}

func (p pair) name() string { return p.scenario.name + "/" + p.who }

// program is the kind of server: where a peer has no lines, its echo server is
// as idle as another.
func (p pair) program() peer.Kind {
	if p.idle && p.peer.Missing(p.kind) != "" {
		return peer.Echo
	}
	return p.kind
}

// missing tells why it can not be done; "" when it can.
func (p pair) missing() string {
	if p.who == "tarantool" || p.who == "net.box" || p.server == "tarantool/box" {
		if why := tarantool.Missing(); why != "" {
			return why
		}
	}
	if p.library != nil {
		return p.library.Missing(p.requests)
	}
	return p.peer.Missing(p.program())
}

// serverArgs are the arguments of the child that serves.
func (p pair) serverArgs() []string {
	if p.library != nil {
		return []string{"-serve", p.server}
	}
	return []string{"-serve", p.who + "/" + string(p.program())}
}

// clientArgs are those of the other one. The address is missing in them.
func (p pair) clientArgs() (flag string, shape any) {
	if p.library != nil {
		s := p.requests
		s.Library = p.who
		return "-client", s
	}
	return "-load", p.shape
}

// pairs are all there are, those that are missing included.
func pairs() []pair {
	var all []pair
	for _, s := range scenarios {
		switch {
		case s.server != "":
			for _, l := range client.All {
				all = append(all, pair{scenario: s, who: l.Name, library: l})
			}
		case s.kind == peer.UDP:
			all = appendPeers(all, s, peer.Datagrams)
		case s.kind == peer.Box:
			all = appendPeers(all, s, peer.Boxes)
		default:
			all = appendPeers(all, s, peer.All)
		}
	}
	return all
}

func appendPeers(all []pair, s *scenario, peers []*peer.Peer) []pair {
	for _, p := range peers {
		all = append(all, pair{scenario: s, who: p.Name, peer: p})
	}
	return all
}
