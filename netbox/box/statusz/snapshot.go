package statusz

import (
	"time"

	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor"
)

// A Snapshot is what is known of a server at one moment, and what the page is
// fed with, as JSON: names are those of the fields, durations are nanoseconds.
// Counts only grow; two snapshots with the same Started make a rate.
type Snapshot struct {
	Time     time.Time      // when it was taken
	Started  time.Time      // when the Page was made
	Interval time.Duration  // between two events
	Server   box.Stats      // of the server
	Reactor  *reactor.Stats // of all loops together; nil: there are none, see box.Server.Reactor
	Loops    []Loop         // each one; nil: there are none
}

// A Loop is what one loop of the reactor has done.
type Loop struct {
	ID int // from 0
	reactor.Stats
}

// Snapshot returns the figures of now. Safe to call from any goroutine.
func (p *Page) Snapshot() Snapshot {
	s := Snapshot{Time: time.Now(), Started: p.started, Interval: p.opts.Interval, Server: p.srv.Stats()}
	if r := p.reactor(); r != nil {
		sum := r.Stats()
		s.Reactor = &sum
		for l, stats := range r.LoopStats() {
			s.Loops = append(s.Loops, Loop{ID: l.ID(), Stats: stats})
		}
	}
	return s
}

// reactor returns the one whose loops are shown, nil when there is none.
func (p *Page) reactor() *reactor.Reactor {
	if p.opts.Reactor != nil {
		return p.opts.Reactor
	}
	r, err := p.srv.Reactor()
	if err != nil {
		return nil
	}
	return r
}
