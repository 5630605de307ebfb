package statusz

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// Why there is no stream for a viewer.
var (
	errCrowded = errors.New("statusz: too many viewers")
	errClosed  = errors.New("statusz: the page is closed")
)

// backlog is how many events a viewer may be behind before it is dropped.
const backlog = 4

// A viewer is one stream of events. It counts until its request ends, dropped
// or not.
type viewer struct {
	// events are what is to be written: the sampler sends, the request's
	// handler receives, and drop closes.
	events  chan []byte
	dropped bool // guarded by the audience's mu
}

// An audience is everybody who looks at a page, and the sampler that runs as
// long as there is anybody.
type audience struct {
	page *Page // immutable

	mu      sync.Mutex
	viewers []*viewer
	sampler *sampler // nil: there are no viewers
	closed  bool
}

// A sampler is a goroutine that takes snapshots. The last viewer stops it and
// waits for it.
type sampler struct {
	stop chan struct{} // the last viewer closes
	done chan struct{} // the sampler closes
}

// join adds a viewer. The error is errCrowded or errClosed.
func (a *audience) join() (*viewer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return nil, errClosed
	case len(a.viewers) >= a.page.opts.MaxViewers:
		return nil, errCrowded
	}
	v := &viewer{events: make(chan []byte, backlog)}
	a.viewers = append(a.viewers, v)
	if a.sampler == nil {
		a.sampler = &sampler{stop: make(chan struct{}), done: make(chan struct{})}
		go a.sample(a.sampler)
	}
	return v, nil
}

// leave is the opposite of join.
func (a *audience) leave(v *viewer) {
	a.mu.Lock()
	a.viewers = slices.DeleteFunc(a.viewers, func(other *viewer) bool { return other == v })
	var last *sampler
	if len(a.viewers) == 0 {
		last, a.sampler = a.sampler, nil
	}
	a.mu.Unlock()
	if last != nil {
		close(last.stop)
		<-last.done
	}
}

// drop ends the events of a viewer. Called with mu held.
func (v *viewer) drop() {
	if !v.dropped {
		v.dropped = true
		close(v.events)
	}
}

// sample takes snapshots until it is stopped.
func (a *audience) sample(s *sampler) {
	defer close(s.done)
	tick := time.NewTicker(a.page.opts.Interval)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			a.tell(a.page.encode())
		}
	}
}

// tell hands an event to all viewers, and drops those that are far behind.
func (a *audience) tell(event []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, v := range a.viewers {
		if v.dropped {
			continue
		}
		select {
		case v.events <- event:
		default:
			v.drop()
			a.page.opts.Logger.Warn("statusz: dropping a viewer that does not read its events")
		}
	}
}

// close drops everybody, for good.
func (a *audience) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for _, v := range a.viewers {
		v.drop()
	}
}

// size is how many viewers there are, and whether the sampler runs.
func (a *audience) size() (viewers int, sampling bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.viewers), a.sampler != nil
}
