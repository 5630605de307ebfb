package reactor

// arrival is an accepted connection on its way to its loop.
type arrival struct {
	c       *Conn
	handler func(c *Conn) Handler
}

func (a *arrival) run() {
	c := a.c
	defer func() {
		if c.h == nil {
			c.turnAway()
		}
	}()
	if c.loop.draining {
		return
	}
	if c.h = a.handler(c); c.h != nil {
		c.open()
	}
}

// turnAway ends a connection that never got a handler. Called on the loop, or
// when that has stopped.
func (c *Conn) turnAway() {
	c.abandon()
	c.depart()
}

// depart takes a connection that has ended from what counts it.
func (c *Conn) depart() {
	c.loop.load.Add(-1)
	if c.from != nil {
		c.from.Release()
	}
}
