package reactor

import "time"

// This file is the end of a turn: the fibers that can go on, and what was
// deferred.
//
//	a callback wakes fibers  ──► they run when it returns
//	fibers wake each other   ──► they run in the next rounds, up to turnRounds
//	what is left, and Yield  ──► a kick, and then a slice of many rounds
//
// The kick stands in line with the descriptors that are ready, so a slice is
// what fibers that are never done get between two looks at the sockets.

const (
	// turnRounds is how often a turn goes back to what its end has woken.
	turnRounds = 8
	// fiberSlice is how long the fibers run that others woke or that yielded,
	// before the descriptors have their turn.
	fiberSlice = 50 * time.Microsecond
	// clockEvery is how many of them run between two looks at the clock, as
	// long as they are quick.
	clockEvery = 16
)

// A fiberList is fibers in the order they run in. Owned by the loop.
type fiberList struct {
	list []*Fiber
	back []*Fiber // of the round under way
}

func (f *fiberList) add(x *Fiber) { f.list = append(f.list, x) }

// run resumes those on the list, and returns how many. Who joins meanwhile is
// for the next time.
func (f *fiberList) run() int {
	round := f.list
	f.list, f.back = f.back[:0], round
	if len(round) == 0 {
		return 0
	}
	for _, x := range round {
		x.resume()
	}
	l := round[0].loop
	l.work += len(round)
	l.back()
	clear(round)
	return len(round)
}

// endTurn runs the fibers a callback has woken, and then what was deferred.
func (l *Loop) endTurn() {
	for range turnRounds {
		if l.runnable.run() > 0 && len(l.runnable.list) > 0 {
			continue
		}
		if len(l.deferred) == 0 {
			break
		}
		l.runDeferred()
	}
	l.runDeferred()
	if len(l.runnable.list) > 0 || len(l.yielded.list) > 0 || len(l.deferred) > 0 {
		l.tell()
	}
}

// runSlice goes on with the fibers that earlier turns have left.
func (l *Loop) runSlice() {
	if len(l.runnable.list) == 0 && len(l.yielded.list) == 0 {
		return
	}
	began := l.clock()
	for spent, look := 0, 0; ; {
		n := l.runnable.run() + l.yielded.run()
		if spent += n; n == 0 {
			return
		}
		if spent < look {
			continue
		}
		switch took := l.clock() - began; {
		case took >= fiberSlice:
			return
		case took < fiberSlice/clockEvery:
			look = spent + clockEvery
		}
	}
}

// Defer calls f at the end of the present turn: after the callback, and after
// the fibers it has woken, have run. What those have to send can so leave in
// one write. Must be called on the loop, a fiber of it included.
func (l *Loop) Defer(f func()) {
	l.mustOwn("Loop.Defer")
	l.deferred = append(l.deferred, f)
}

func (l *Loop) runDeferred() {
	if len(l.deferred) == 0 {
		return
	}
	l.deferred, l.deferring = l.deferring[:0], l.deferred
	for i, f := range l.deferring {
		l.deferring[i] = nil
		l.guard(f)
	}
}
