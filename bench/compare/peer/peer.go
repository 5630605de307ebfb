//go:build linux

// Package peer holds the servers that are compared: the same few programs,
// written with each library the way its own documentation writes them.
package peer

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind is one of the programs.
type Kind string

// The programs.
const (
	Echo Kind = "echo" // sends back the bytes it gets
	Line Kind = "line" // a handler that waits for a line, and sends it back
	UDP  Kind = "udp"  // sends back the datagrams it gets
	Box  Kind = "box"  // Tarantool's binary protocol, with the functions echo, push_n and push_all
	Push Kind = "push" // one producer sends messages on every connection, see producer
)

// A start starts a server on listen, an address of TCP, and returns where it
// listens. The server lives as long as the process.
type start func(listen string) (addr string, err error)

// A Peer is a library, or a way of using one.
type Peer struct {
	Name    string
	starts  map[Kind]start
	missing map[Kind]string // why there is no such program
}

// All are the peers of programs that carry bytes, Datagrams those of the echo over UDP, and Boxes those of Tarantool's
// protocol, in the order of the table. The first of each is the one that the others are compared with.
var (
	All       = []*Peer{stdlib, stdlibBuffered, gnetPeer, nbioPeer, netpollPeer, kharonReactor, kharonSockets, kharonFibers}
	Datagrams = []*Peer{stdlib, gnetPeer, kharonReactor}
	Boxes     = []*Peer{tarantoolPeer, boxInline, boxFiber, boxGoroutine}
)

// Named returns the peer of that name, or nil.
func Named(name string) *Peer {
	for _, p := range slices.Concat(All, Boxes) {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Missing tells why the peer has no program of the kind; "" when it has one.
func (p *Peer) Missing(k Kind) string {
	if p.starts[k] != nil {
		return ""
	}
	if why := p.missing[k]; why != "" {
		return why
	}
	return "not written"
}

// Serve starts the program that spec names, "net/echo" being the echo server of
// package net, and returns where it listens.
func Serve(spec, listen string) (addr string, err error) {
	name, kind, _ := strings.Cut(spec, "/")
	p := Named(name)
	if p == nil {
		return "", fmt.Errorf("no peer is called %q", name)
	}
	if why := p.Missing(Kind(kind)); why != "" {
		return "", fmt.Errorf("%s has no %s server: %s", name, kind, why)
	}
	return p.starts[Kind(kind)](listen)
}
