package reactor

import (
	"fmt"
	"reflect"
	"runtime"
	"time"
)

// A stallWatch finds out who keeps a loop from its other descriptors. Owned by
// the loop.
type stallWatch struct {
	mark    time.Duration // up to when the present turn is accounted for
	culprit any           // what took too long in it; nil: nothing known
	fiber   *Fiber        // the last one that ran in it; nil: none
}

// spent takes note that what was run last, since the last call or since the
// turn began. It is called where a turn may do several things.
func (l *Loop) spent(what any) {
	now := l.clock()
	if now-l.stall.mark >= l.cfg.StallAfter {
		l.stall.culprit = what
	}
	l.stall.mark = now
}

// turned takes note of a turn that began at the given time of the loop's clock
// and was for what; nil is what others have left for the loop.
func (l *Loop) turned(began time.Duration, what any) {
	l.counts.turns.Add(1)
	x := l.stall.fiber
	l.stall.fiber = nil
	d := l.clock() - began
	if d <= time.Duration(l.counts.longestTurn.Load()) && d < l.cfg.StallAfter {
		return
	}
	if int64(d) > l.counts.longestTurn.Load() {
		l.counts.longestTurn.Store(int64(d))
	}
	if d >= l.cfg.StallAfter {
		l.counts.stalls.Add(1)
		l.log.Warn("reactor: a handler has stalled its loop", "loop", l.id, "handler", l.suspect(what, x), "for", d)
		l.stall.culprit = nil
	}
}

// suspect names who took the time of a turn: what was seen to, or what the turn
// was for and the last of the fibers that ran in it.
func (l *Loop) suspect(what any, x *Fiber) string {
	if _, isResumption := l.stall.culprit.(*resumption); l.stall.culprit != nil && !isResumption {
		return describe(l.stall.culprit)
	}
	switch _, desc := what.(*Desc); {
	case x == nil:
		return describe(what)
	case what == nil || desc:
		return "a fiber, the last one being " + funcName(x.f)
	}
	return fmt.Sprintf("%s, or a fiber it woke, the last one being %s", describe(what), funcName(x.f))
}

// describe names what took the time, for the log.
func describe(what any) string {
	switch s := what.(type) {
	case nil:
		return "many tasks"
	case task:
		return "the task " + funcName(s)
	case *Timer:
		return "the timer of " + funcName(s.f)
	case *boat:
		return describe((*Conn)(s))
	case *udpBoat:
		return describe((*UDP)(s))
	case *udpTurn:
		return describe((*UDP)(s))
	case *arrival:
		return "the function for new connections, " + funcName(s.handler)
	case *Conn:
		return fmt.Sprintf("%T of the connection from %v", s.h, s.remote)
	case *UDP:
		return fmt.Sprintf("%T of the UDP socket at %v", s.h, s.LocalAddr())
	case *port:
		return fmt.Sprintf("the listener at %v", s.ln.addr)
	case *race:
		return fmt.Sprintf("a dial for %T", s.h)
	case *attempt:
		return describe(s.race)
	}
	return fmt.Sprintf("%T", what)
}

// funcName names a function as a stack trace does.
func funcName(f any) string {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		return "none"
	}
	return runtime.FuncForPC(v.Pointer()).Name()
}
