package reactor

// A goroutine is told from the others by what self returns, of which there is
// one for processors we know and one for all others.

// identify notes which goroutine the loop is. It is 0 before that one ends,
// because what tells goroutines apart is used again. Called by the loop.
func (l *Loop) identify(self uintptr) {
	l.goroutine.Store(self)
	l.here.Store(self)
}

// isCaller reports whether the caller is the loop itself: a callback, and not
// a fiber. Safe to call from any goroutine.
func (l *Loop) isCaller() bool { return l.goroutine.Load() == self() }

// isHere reports whether the caller is on the loop: in a callback or in a
// fiber of it. Safe to call from any goroutine.
func (l *Loop) isHere() bool { return l.here.Load() == self() }
