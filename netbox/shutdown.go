package netbox

import "github.com/kharon-net/kharon/codec/msgp"

// shutdownKey is what a server broadcasts true for when it shuts down. It waits
// for the clients that watch it to leave.
const shutdownKey = "box.shutdown"

// watchShutdown makes the connection end gracefully with its server.
func (c *Conn) watchShutdown() {
	_ = c.watchers.add(&Watcher{f: func(_ string, value Value) {
		if on, _, err := msgp.ReadBool(value); err == nil && on {
			c.shutDown()
		}
	}}, shutdownKey)
}

// shutDown runs the triggers and then leaves the server: requests are refused,
// those under way awaited. It returns when the socket is closed, so that the
// event is not acknowledged.
func (c *Conn) shutDown() {
	l := c.live.Load()
	if l == nil {
		return
	}
	c.triggers.jobs.add(func() {
		c.fire("on_shutdown", &c.triggers.shutdown)
		_ = l.loop.Post(func() { c.leave(l) })
	})
	<-l.gone.Done()
}

// leave leaves the server of l, unless it has been lost meanwhile. Called on the
// loop.
func (c *Conn) leave(l *link) {
	if !c.live.CompareAndSwap(l, nil) {
		return
	}
	c.reloading.Store(false)
	c.machine.enter(StateGracefulShutdown, nil)
	c.machine.tell()
	c.announce()
	l.leave()
}
