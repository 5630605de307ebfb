package box

import (
	"sync"
	"sync/atomic"
)

// A turnstile counts the requests of all connections that are under way, and
// holds up the input of connections beyond a limit, as net_msg_max does in
// Tarantool: nothing is rejected, and who waits goes on in the order of
// arrival.
type turnstile struct {
	limit  atomic.Int64 // 0: none
	inside atomic.Int64
	count  atomic.Int32 // len(waiting)
	idle   func()       // called when the last request has left

	mu      sync.Mutex
	waiting []*session
}

// enter lets a request in if there is room. Safe to call from any goroutine.
func (t *turnstile) enter() bool {
	n := t.inside.Add(1)
	if limit := t.limit.Load(); limit > 0 && n > limit {
		t.exit(1)
		return false
	}
	return true
}

// exit lets some requests out, and as many connections that wait go on. Safe to
// call from any goroutine.
func (t *turnstile) exit(some int) {
	left := t.inside.Add(int64(-some))
	for ; some > 0 && t.count.Load() > 0; some-- {
		t.next()
	}
	if left == 0 {
		t.idle()
	}
}

// queue makes a session, whose input is paused, wait for its turn. Called on
// its loop.
func (t *turnstile) queue(x *session) {
	x.srv.log.Debug("box: stopping input, Config.MaxRequests are under way", "session", x.id)
	t.mu.Lock()
	if !x.queued { // else it was woken for another reason, and keeps its place
		x.queued = true
		t.waiting = append(t.waiting, x)
		t.count.Store(int32(len(t.waiting)))
	}
	t.mu.Unlock()
	t.next() // there may have been room meanwhile
}

// next lets the first session in the queue go on if there is room. Safe to
// call from any goroutine.
func (t *turnstile) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.waiting) > 0 && t.room() {
		x := t.waiting[0]
		t.waiting[0], x.queued = nil, false
		t.waiting = t.waiting[1:]
		t.count.Store(int32(len(t.waiting)))
		if !x.gone.Load() {
			x.wake()
			return
		}
	}
}

func (t *turnstile) room() bool {
	limit := t.limit.Load()
	return limit == 0 || t.inside.Load() < limit
}

// setLimit changes the limit and lets go on who may. Safe to call from any
// goroutine.
func (t *turnstile) setLimit(n int) {
	t.limit.Store(int64(n))
	t.mu.Lock()
	waiting := len(t.waiting)
	t.mu.Unlock()
	for range waiting {
		t.next()
	}
}
