package reactor

// This file is how a race ends.

// win makes the connection of the attempt that was first. Its descriptor stays
// registered: only who is told of it changes. ev is news that its new owner has
// not had.
func (x *race) win(a *attempt, ev Events) {
	x.leave(a)
	x.finish()
	if x.claim.Swap(true) { // nobody wants it any more
		x.Loop.retire(a.fd, nil)
		return
	}
	x.remote = a.addr
	if x.raw {
		x.desc = x.Loop.newDesc(a.fd)
		x.Loop.table.replace(a.fd, x.desc)
		x.desc.ready(ev)
		x.tell()
		return
	}
	x.conn = x.Loop.newConn(a.fd, a.addr, x.h)
	x.Loop.table.replace(a.fd, x.conn)
	defer x.conn.begin(ev) // deferred, as tell may end in runtime.Goexit
	x.tell()
}

// lose ends a race that nobody has won, because of cause if that is not nil.
func (x *race) lose(cause error) {
	if x.full != nil {
		x.errs = append(x.errs, x.full)
	}
	for _, a := range x.running {
		x.errs = append(x.errs, dialError(x.network, a.addr, errNoAnswer))
	}
	err := x.failure(cause)
	x.finish()
	if !x.claim.Swap(true) {
		x.conclude(err)
	}
}

// stop ends the race because of what happened elsewhere.
func (x *race) stop(cause error) {
	if !x.over {
		x.lose(cause)
	}
}

// finish gives up what is still under way.
func (x *race) finish() {
	x.over = true
	x.addrs = nil
	delete(x.Loop.races, x)
	if x.timer != nil {
		x.timer.Stop()
	}
	if x.unwatch != nil {
		x.unwatch()
	}
	x.cancel()
	for _, a := range x.running {
		x.Loop.retire(a.fd, nil)
	}
	x.running = nil
}

// conclude ends a race with an error.
func (x *race) conclude(err error) {
	x.err = err
	x.tell()
}

// tell tells the outcome.
func (x *race) tell() {
	defer x.end.Open()
	if x.done != nil {
		x.Loop.guard(x.done)
	}
}

// forsake is called by who gives up waiting, so that a connection that nobody
// gets does not stay open.
func (x *race) forsake() {
	if !x.claim.Swap(true) {
		return // whatever comes is dropped
	}
	<-x.end.Done() // it is just being told
	switch {
	case x.conn != nil:
		x.conn.Abort(ErrStopped)
	case x.desc != nil:
		_ = x.desc.Close()
	}
}
