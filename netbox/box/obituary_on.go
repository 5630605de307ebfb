//go:build kharon_debug

package box

import "sync/atomic"

// An obituary remembers that a request has ended. Under the tag kharon_debug
// such a request is not used again, but left to who still has it in his hands,
// who is told.
type obituary struct {
	dead atomic.Bool
}

// neverUsed is the byte that begins no value of MessagePack.
const neverUsed = 0xc1

// bury keeps an ended request from being used again, and spoils the views that
// have been taken of its body.
func (o *obituary) bury(body []byte) (kept bool) {
	for i := range body {
		body[i] = neverUsed
	}
	o.dead.Store(true)
	return true
}

// mustLive panics when the request has ended: a programmer's mistake, found
// where it is made and not where it does its damage.
func (o *obituary) mustLive(what string) {
	if o.dead.Load() {
		panic("box: " + what + " called after the handler of the request had returned")
	}
}
