package reactor

import (
	"fmt"
	"hash/maphash"
	"net"
	"net/netip"
)

// A Placement is how the loop of a new connection is chosen. The zero value is
// RoundRobin.
type Placement int

const (
	// RoundRobin lets the loops take turns.
	RoundRobin Placement = iota

	// LeastConns takes the loop with the fewest connections and watched
	// descriptors; among several, they take turns. It suits connections that
	// live long and end unevenly.
	LeastConns

	// PeerHash takes the loop by a hash of the peer's IP address, so that all
	// connections of one peer share a loop, and their handlers need no locks
	// among them. Peers without an IP address take turns.
	PeerHash
)

// String returns "round robin", "least connections" or "peer hash".
func (p Placement) String() string {
	switch p {
	case RoundRobin:
		return "round robin"
	case LeastConns:
		return "least connections"
	case PeerHash:
		return "peer hash"
	}
	return fmt.Sprintf("Placement(%d)", int(p))
}

func (p Placement) check(field string) error {
	if p < RoundRobin || p > PeerHash {
		return fmt.Errorf("reactor: %s is %v, want one of the constants", field, p)
	}
	return nil
}

// place chooses the loop of a connection with peer.
func (r *Reactor) place(p Placement, peer net.Addr) *Loop {
	if tcp, ok := peer.(*net.TCPAddr); ok && p == PeerHash {
		return r.byPeer(tcp.AddrPort().Addr().Unmap())
	}
	if p == LeastConns {
		return r.leastLoaded()
	}
	return r.Next()
}

func (r *Reactor) byPeer(ip netip.Addr) *Loop {
	b := ip.As16()
	return r.loops[maphash.Bytes(r.seed, b[:])%uint64(len(r.loops))]
}

// leastLoaded looks at the loops beginning with the one whose turn it is, so
// that equals take turns.
func (r *Reactor) leastLoaded() *Loop {
	first := r.Next()
	best, least := first, first.load.Load()
	for i := 1; i < len(r.loops); i++ {
		l := r.loops[(first.id+i)%len(r.loops)]
		if n := l.load.Load(); n < least {
			best, least = l, n
		}
	}
	return best
}
