package reactor

import "iter"

// A coroutine is a goroutine that runs only while its loop waits for it. One
// carries a fiber to its end, and then the next one.
type coroutine struct {
	fiber     *Fiber // nil: free
	next      func() (struct{}, bool)
	stop      func()
	yield     func(struct{}) bool
	goroutine uint64 // its number; set when it first runs
}

// maxSpare is how many free coroutines a loop keeps.
const maxSpare = 256

func newCoroutine() *coroutine {
	co := &coroutine{}
	co.next, co.stop = iter.Pull(func(yield func(struct{}) bool) {
		co.yield = yield
		co.goroutine = goroutine()
		for {
			co.fiber.main()
			co.fiber = nil
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return co
}

// begin gives a fiber a coroutine. Called on the loop.
func (l *Loop) begin(x *Fiber) {
	if n := len(l.spare); n > 0 {
		x.co = l.spare[n-1]
		l.spare[n-1] = nil
		l.spare = l.spare[:n-1]
	} else {
		x.co = newCoroutine()
	}
	x.co.fiber = x
	x.next = l.fibers
	if x.next != nil {
		x.next.prev = x
	}
	l.fibers = x
	l.fiberCount++
	l.counts.fibers.Add(1)
}

// resume runs the coroutine until its fiber parks or ends.
func (co *coroutine) resume() {
	x := co.fiber
	outer := x.loop.running.Swap(x)
	co.next()
	x.loop.running.Store(outer)
	x.loop.owner.take()
	if co.fiber == nil {
		x.loop.finish(x)
	}
}

// pause gives the loop back. Called in the coroutine. It panics when the loop
// has stopped, so that the fiber is unwound.
func (co *coroutine) pause() {
	if co.fiber.unwound || !co.yield(struct{}{}) {
		panic(errUnwound)
	}
	co.fiber.loop.owner.take()
}

// finish takes a fiber that has ended from the loop.
func (l *Loop) finish(x *Fiber) {
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		l.fibers = x.next
	}
	if x.next != nil {
		x.next.prev = x.prev
	}
	x.prev, x.next = nil, nil
	l.fiberCount--
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, x.co)
	} else {
		x.co.stop()
	}
	x.co = nil
	l.checkDrained()
}

// runFibers resumes those that callbacks of this loop have woken. Those woken
// meanwhile have to wait for a turn of the sockets.
func (l *Loop) runFibers() {
	n := len(l.runnable)
	if n == 0 {
		return
	}
	for i, x := range l.runnable[:n] {
		l.runnable[i] = nil
		x.resume()
	}
	left := copy(l.runnable, l.runnable[n:])
	clear(l.runnable[left:])
	l.runnable = l.runnable[:left]
	if left > 0 {
		l.tell()
	}
}

// Defer calls f at the end of the present turn: after the callback, and after
// the fibers it has woken, have run. What those have to send can so leave in
// one write. Must be called on the loop, a fiber of it included.
func (l *Loop) Defer(f func()) {
	l.mustOwn("Loop.Defer")
	l.deferred = append(l.deferred, f)
}

// turnRounds is how often a turn goes back to fibers that its end has woken.
const turnRounds = 8

// endTurn runs the fibers a callback has woken, and then what was deferred.
func (l *Loop) endTurn() {
	for range turnRounds {
		l.runFibers()
		if len(l.deferred) == 0 {
			return
		}
		l.runDeferred()
	}
	if len(l.runnable) > 0 || len(l.deferred) > 0 {
		l.tell()
	}
}

func (l *Loop) runDeferred() {
	l.deferred, l.deferring = l.deferring[:0], l.deferred
	for i, f := range l.deferring {
		l.deferring[i] = nil
		l.guard(f)
	}
}

// unwind ends the fibers when the loop stops: first their waits return
// ErrStopped; what waits again after that is unwound by a panic.
func (l *Loop) unwind() {
	for x := l.fibers; x != nil; {
		next := x.next
		x.unwound = true
		if x.parked {
			x.parked = false
			x.co.resume()
		}
		x = next
	}
	for _, co := range l.spare {
		co.stop()
	}
	l.spare = nil
}
