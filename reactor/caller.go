package reactor

// Caller tells who calls: the fiber of one of the loops, or one of the loops
// itself, in a callback; x is nil and onLoop false for any other goroutine. It
// takes a microsecond: it is for calls without a context that have to wait,
// such as Close, where waiting would stop the loop that is to end the wait.
// Safe to call from any goroutine.
func (r *Reactor) Caller() (x *Fiber, onLoop bool) {
	me := goroutine()
	for _, l := range r.loops {
		if l.goroutine.Load() == me {
			return nil, true
		}
		if x := l.running.Load(); x != nil && x.goroutine.Load() == me {
			return x, true
		}
	}
	return nil, false
}
