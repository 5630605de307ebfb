package box

import "sync/atomic"

// A burden is the requests of a session that are under way, and the bytes of
// their packets, in one number: a request costs one locked operation when it
// comes and one when it goes.
type burden struct{ n atomic.Uint64 }

// burdenBits is how many bits of a burden count bytes; those above count
// requests.
const burdenBits = 36

func (b *burden) add(size int)  { b.n.Add(1<<burdenBits + uint64(size)) }
func (b *burden) drop(size int) { b.n.Add(-(1<<burdenBits + uint64(size))) }

// load returns both numbers.
func (b *burden) load() (requests, bytes int) {
	n := b.n.Load()
	return int(n >> burdenBits), int(n & (1<<burdenBits - 1))
}

// requests returns the first of them.
func (b *burden) requests() int { return int(b.n.Load() >> burdenBits) }
