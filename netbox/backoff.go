package netbox

import (
	"math/rand/v2"
	"time"
)

// A pause is the time between attempts to connect: always the first one, or, if
// most is longer, twice the last one each time, and of that between the half
// and all, at random, so that many clients do not come back together.
type pause struct {
	first, most time.Duration
	last        time.Duration
}

func (p *pause) reset() { p.last = 0 }

func (p *pause) next() time.Duration {
	if p.most <= p.first {
		return p.first
	}
	if p.last == 0 {
		p.last = p.first
	} else {
		p.last = min(2*p.last, p.most)
	}
	return p.last/2 + rand.N(p.last/2+1)
}
