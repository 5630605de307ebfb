package reactor

import "iter"

// A coroutine is a goroutine that runs only while its loop waits for it. One
// carries a fiber to its end, and then the next one.
type coroutine struct {
	fiber *Fiber // nil: free
	self  uintptr
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	lost  bool // its fiber called runtime.Goexit: it carries no other
}

// maxSpare is how many free coroutines a loop keeps.
const maxSpare = 256

func newCoroutine() *coroutine {
	co := &coroutine{}
	co.next, co.stop = iter.Pull(func(yield func(struct{}) bool) {
		co.self, co.yield = self(), yield
		co.fiber.loop.here.Store(co.self)
		for co.carry() {
		}
	})
	return co
}

// carry carries a fiber to its end, gives the loop back, and reports whether
// there is another one.
//
// A runtime.Goexit of the fiber would go on into the loop that waits in next.
// So it is halted here, in the middle, and ends where it is stopped: see lose.
func (co *coroutine) carry() (goOn bool) {
	co.lost = true
	defer func() {
		co.fiber = nil
		goOn = co.yield(struct{}{})
	}()
	co.fiber.main()
	co.lost = false
	return
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

// back takes note that the loop runs itself again, after one fiber or many.
func (l *Loop) back() {
	l.here.Store(l.goroutine.Load())
	l.owner.take()
}

// resume runs the coroutine until its fiber parks or ends.
func (co *coroutine) resume() {
	x := co.fiber
	l := x.loop
	l.current = x
	l.here.Store(co.self) // 0 the first time: it says so itself
	co.next()
	if co.fiber == nil {
		l.finish(x)
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
	switch co := x.co; {
	case co.lost:
		l.back() // before another goroutine can be taken for the one that ends
		l.lose(co)
	case len(l.spare) < maxSpare:
		l.spare = append(l.spare, co)
	default:
		l.back()
		co.stop()
	}
	x.co = nil
	l.checkDrained()
}

// lose ends a coroutine in a runtime.Goexit, which takes the goroutine along
// that stops it: one of its own, which is waited for.
func (l *Loop) lose(co *coroutine) {
	done := make(chan struct{}) // closed by the goroutine
	go func() {
		defer close(done)
		co.stop()
	}()
	<-done
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
	l.back()
	for _, co := range l.spare {
		co.stop()
	}
	l.spare = nil
}
