package reactor

import "time"

// A Timer calls a function on its loop once, at a given time. It is made by
// Loop.AfterFunc and may be used again after it fired.
//
// Moving a timer to a later time, which is what a deadline that is set anew
// for each request does, costs a comparison: the heap is put right only when
// the earlier time comes.
type Timer struct {
	loop *Loop
	f    func()
	when time.Duration // since the loop's start; 0: not armed
	key  time.Duration // the time it is sorted by; at most when
	pos  int           // its place in the heap; -1: not there
}

// AfterFunc calls f on the loop after d. Must be called on the loop.
func (l *Loop) AfterFunc(d time.Duration, f func()) *Timer {
	l.mustOwn("Loop.AfterFunc")
	t := &Timer{loop: l, f: f, pos: -1}
	t.Reset(d)
	return t
}

// Reset arms the timer to fire after d, whether it was armed or not. Must be
// called on the loop.
func (t *Timer) Reset(d time.Duration) {
	t.loop.mustOwn("Timer.Reset")
	if t.when == 0 && t.pos >= 0 {
		t.loop.timers.dead--
	}
	t.when = t.loop.clock() + max(d, 1)
	switch {
	case t.pos < 0:
		t.key = t.when
		t.loop.timers.push(t)
	case t.when < t.key:
		t.key = t.when
		t.loop.timers.up(t.pos)
	default:
		return // later than what it is sorted by: seen when that comes
	}
	t.loop.armTimer()
}

// Stop disarms the timer and reports whether it was armed. Must be called on
// the loop.
func (t *Timer) Stop() bool {
	t.loop.mustOwn("Timer.Stop")
	armed := t.when != 0
	t.when = 0
	if armed {
		t.loop.timers.bury()
	}
	return armed
}

// armTimer makes the one runtime timer of the loop fire at the earliest key.
func (l *Loop) armTimer() {
	if m := l.cfg.Manual; len(l.timers.heap) == 0 || m != nil && !m.isFree() {
		return
	}
	first := l.timers.heap[0].key
	if l.wakeAt != 0 && l.wakeAt <= first {
		return
	}
	l.wakeAt = first
	d := first - l.clock()
	if l.waker == nil {
		l.waker = time.AfterFunc(d, l.tell)
		return
	}
	l.waker.Reset(d)
}

// runTimers fires what is due.
func (l *Loop) runTimers() {
	if len(l.timers.heap) == 0 {
		return
	}
	now := l.clock()
	if l.wakeAt > now {
		return
	}
	l.wakeAt = 0
	for len(l.timers.heap) > 0 && l.timers.heap[0].key <= now {
		t := l.timers.heap[0]
		if t.when > now { // it was moved while it lay here
			t.key = t.when
			l.timers.down(0)
			continue
		}
		l.timers.pop()
		if t.when == 0 {
			l.timers.dead--
		} else {
			t.when = 0
			l.work++
			l.counts.timers.Add(1)
			l.guard(t.f)
			l.spent(t)
		}
	}
	l.armTimer()
}

// timerHeap is a binary heap of timers by key. Owned by the loop.
type timerHeap struct {
	heap []*Timer
	dead int // of those, stopped
}

// bury takes note of a timer that was stopped where it lies. When more than
// half of the heap are such it is made anew without them, so that what their
// functions hold is not held for long.
func (h *timerHeap) bury() {
	h.dead++
	if h.dead < 64 || h.dead <= len(h.heap)/2 {
		return
	}
	live := h.heap[:0]
	for _, t := range h.heap {
		t.pos = -1
		if t.when != 0 {
			t.key = t.when
			live = append(live, t)
		}
	}
	clear(h.heap[len(live):])
	h.heap, h.dead = live[:0], 0
	for _, t := range live {
		h.push(t)
	}
}

func (h *timerHeap) push(t *Timer) {
	t.pos = len(h.heap)
	h.heap = append(h.heap, t)
	h.up(t.pos)
}

func (h *timerHeap) pop() {
	last := len(h.heap) - 1
	h.heap[0].pos = -1
	if last > 0 {
		h.set(0, h.heap[last])
	}
	h.heap[last] = nil
	h.heap = h.heap[:last]
	h.down(0)
}

func (h *timerHeap) set(i int, t *Timer) {
	h.heap[i] = t
	t.pos = i
}

func (h *timerHeap) up(i int) {
	t := h.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if h.heap[parent].key <= t.key {
			break
		}
		h.set(i, h.heap[parent])
		i = parent
	}
	h.set(i, t)
}

func (h *timerHeap) down(i int) {
	if i >= len(h.heap) {
		return
	}
	t := h.heap[i]
	for {
		child := 2*i + 1
		if child >= len(h.heap) {
			break
		}
		if r := child + 1; r < len(h.heap) && h.heap[r].key < h.heap[child].key {
			child = r
		}
		if t.key <= h.heap[child].key {
			break
		}
		h.set(i, h.heap[child])
		i = child
	}
	h.set(i, t)
}
