//go:build kharon_debug

package reactor

import (
	"fmt"
	"sync/atomic"
)

// owner remembers which goroutine is the loop. It exists under the tag
// kharon_debug alone, because asking for a goroutine's number is slow.
type owner struct {
	id atomic.Uint64
}

// take makes the calling goroutine the owner.
func (o *owner) take() { o.id.Store(goroutineID()) }

// must panics when the caller is not the owner: a programmer's mistake, found
// where it is made and not where it does its damage.
func (o *owner) must(what string) {
	if id := o.id.Load(); id != 0 && id != goroutineID() {
		panic(fmt.Sprintf("reactor: %s must be called on the loop (goroutine %d), not on goroutine %d", what, id, goroutineID()))
	}
}
