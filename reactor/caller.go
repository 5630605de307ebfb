package reactor

// Caller tells who calls: the fiber of one of the loops, or one of the loops
// itself, in a callback; x is nil and onLoop false for any other goroutine. It
// is for calls without a context that have to wait, such as Close, where
// waiting would stop the loop that is to end the wait. Safe to call from any
// goroutine.
func (r *Reactor) Caller() (x *Fiber, onLoop bool) {
	for _, l := range r.loops {
		switch {
		case l.isCaller():
			return nil, true
		case l.isHere():
			return l.current, true
		}
	}
	return nil, false
}
