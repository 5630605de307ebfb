package box

import "sync"

// An underway knows the requests of a session that are being answered
// elsewhere than inline, so that PushTo finds them by their sync. Those that
// have ended are left in it for a while: taking each out would cost every
// request, and so few want to know.
type underway struct {
	mu   sync.Mutex
	list []*Request
}

// add takes note of a batch. live is how many requests are under way at all.
// Called on the loop.
func (u *underway) add(batch []*Request, live int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.list)+len(batch) > 2*live+8 {
		u.tidy()
	}
	u.list = append(u.list, batch...)
}

// tidy forgets the requests that have ended. Called with mu held.
func (u *underway) tidy() {
	kept := u.list[:0]
	for _, r := range u.list {
		if r.serial.Load() != 0 {
			kept = append(kept, r)
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
		r := u.list[i]
		if serial := r.serial.Load(); serial != 0 && r.header.Sync == sync {
			return target{req: r, serial: serial, sync: sync}
		}
	}
	return target{}
}
