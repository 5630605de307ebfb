package reactor

// A waitList is those who wait for something, in the order they came. It is
// guarded by the mutex of what they wait for.
type waitList struct {
	first, last *Waiter
}

func (l *waitList) push(w *Waiter) {
	w.prev = l.last
	if l.last != nil {
		l.last.next = w
	} else {
		l.first = w
	}
	l.last = w
}

// remove takes w, which is on the list, off it.
func (l *waitList) remove(w *Waiter) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		l.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		l.last = w.prev
	}
	w.prev, w.next = nil, nil
}

// serve takes the first one off the list and wakes it, and returns it; nil is
// nobody. What it was served with must be there before the mutex is unlocked:
// until then it can not go on.
func (l *waitList) serve() *Waiter {
	w := l.first
	if w != nil {
		l.remove(w)
		w.served = true
		w.Wake()
	}
	return w
}
