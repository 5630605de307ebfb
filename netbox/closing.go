package netbox

import (
	"context"

	"github.com/kharon-net/kharon/reactor"
)

// awaitClosed waits for what opens gate when it has ended: a fiber yields
// meanwhile, and a callback of a loop, which must not block, does not wait.
func awaitClosed(r *reactor.Reactor, gate *reactor.Gate) {
	switch x, onLoop := r.Caller(); {
	case x != nil:
		_ = gate.Wait(x.Context(context.Background()))
	case !onLoop:
		<-gate.Done()
	}
}
