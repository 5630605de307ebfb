package reactor

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A stallWatch finds out who keeps a loop from its other descriptors. Owned by
// the loop.
//
// A turn for what others have left may run hundreds of errands, each of which
// is quicker than a look at the clock. So the clock is looked at once for
// several of them. When those have stalled the loop all of them are named, and
// for a while it is looked at after each one, so that the next time it is known
// which it was.
type stallWatch struct {
	mark    time.Duration // when the clock was last looked at
	exact   int           // how many more errands are timed one by one
	culprit []any         // what was run while the turn stalled; nil: nothing known
	fiber   *Fiber        // the last one that ran in the turn; nil: none
}

const (
	// lookEvery is how many errands are run between two looks at the clock.
	lookEvery = 16
	// exactly is how many are timed one by one after a stall of several.
	exactly = 100_000
)

// step returns how many errands to run until the next look.
func (w *stallWatch) step() int {
	if w.exact > 0 {
		w.exact--
		return 1
	}
	return lookEvery
}

// spent takes note of what a turn has done since the last look.
func (l *Loop) spent(what any) {
	if l.late() {
		l.stall.culprit = []any{what}
	}
}

// spentOn is spent for several errands, which it forgets.
func (l *Loop) spentOn(errands []errand) {
	if len(errands) > 0 && l.late() {
		l.stall.culprit = nil
		for _, e := range errands {
			l.stall.culprit = append(l.stall.culprit, e)
		}
		if len(errands) > 1 {
			l.stall.exact = exactly
		}
	}
	clear(errands)
}

// late looks at the clock and reports whether that was long ago.
func (l *Loop) late() bool {
	now := l.clock()
	took := now - l.stall.mark
	l.stall.mark = now
	return took >= l.cfg.StallAfter
}

// turned takes note of a turn that began at the given time of the loop's clock
// and was for what; nil is what others have left for the loop.
func (l *Loop) turned(began time.Duration, what any) {
	l.counts.turns.Add(1)
	l.publish()
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

// suspect names who took the time of a turn: what was run then, or what the
// turn was for and the last of the fibers that ran in it.
func (l *Loop) suspect(what any, x *Fiber) string {
	if names := l.culprits(); len(names) > 0 {
		return strings.Join(names, ", or ")
	}
	switch _, desc := what.(*Desc); {
	case x == nil:
		return describe(what)
	case what == nil || desc:
		return "a fiber, the last one being " + funcName(x.f)
	}
	return fmt.Sprintf("%s, or a fiber it woke, the last one being %s", describe(what), funcName(x.f))
}

// culprits names, once each, those of whom one has stalled the loop.
func (l *Loop) culprits() []string {
	var names []string
	for _, what := range l.stall.culprit {
		if name := describe(what); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// describe names what took the time, for the log.
func describe(what any) string {
	switch s := what.(type) {
	case nil:
		return "many tasks"
	case *resumption:
		return "the fiber " + funcName(s.f)
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
