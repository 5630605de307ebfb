package netbox

import (
	"math"
	"math/rand/v2"
)

// The weights of connections that take no requests now.
const (
	absent = math.MaxInt32 - 1 // to be made again
	ended  = math.MaxInt32     // for good
)

// weight is how many requests are under way on a connection, for a choice.
func (c *Conn) weight() int32 {
	switch {
	case c.live.Load() != nil:
		return c.load.Load()
	case c.State().final():
		return ended
	}
	return absent
}

// weigh keeps the load of the connection, if somebody chooses by it: one that is
// reading its schema is as good as absent. Called with mu held.
func (l *link) weigh() {
	if !l.conn.opts.weighed {
		return
	}
	load := int32(absent)
	if l.settled {
		load = int32(l.slots.taken())
	}
	l.conn.load.Store(load)
}

// lightest returns the connection with the least requests under way, and how
// many those are. Among equals it is any.
func lightest(conns []*Conn) (best *Conn, least int32) {
	best, least = nil, ended
	n := uint32(len(conns))
	for i, left := rand.Uint32N(n), n; left > 0; left-- {
		if w := conns[i].weight(); w < least || best == nil {
			best, least = conns[i], w
		}
		if i++; i == n {
			i = 0
		}
	}
	return best, least
}
