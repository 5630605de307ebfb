package box

import "sync"

// An underway knows the requests of a session that are being answered
// elsewhere than inline, so that PushTo finds them by their sync. Those that
// have ended are left in it for a while: taking each out would cost every
// request, and so few want to know.
type underway struct {
	mu   sync.Mutex
	list []target
}

// add takes note of a batch. live is how many requests are under way at all.
// Called by who has the batch, before anybody answers it.
func (u *underway) add(batch []*Request, live int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.list)+len(batch) > 2*live+8 {
		u.tidy()
	}
	for _, r := range batch {
		u.list = append(u.list, r.target())
	}
}

// tidy forgets the requests that have ended. Called with mu held.
func (u *underway) tidy() {
	kept := u.list[:0]
	for _, t := range u.list {
		if t.running() {
			kept = append(kept, t)
		}
	}
	clear(u.list[len(kept):])
	u.list = kept
}

// find returns the request with this sync that came last. Safe to call from
// any goroutine.
func (u *underway) find(sync uint64) target {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := len(u.list) - 1; i >= 0; i-- {
		if t := u.list[i]; t.sync == sync && t.running() {
			return t
		}
	}
	return target{}
}
