package reactor

import "runtime/debug"

// replace is deferred around the life of a loop's goroutine. A runtime.Goexit
// in a callback or a task, which testing.T.FailNow does, ends the goroutine and
// not the loop: another one goes on where it stopped.
func (l *Loop) replace() {
	if v := recover(); v != nil {
		panic(v) // a mistake of the loop's own
	}
	select {
	case <-l.done:
	default:
		l.identify(0)
		l.cut = debug.Stack()
		l.log.Error("reactor: runtime.Goexit was called on a loop", "loop", l.id, "stack", string(l.cut))
		go l.run()
	}
}

// mend makes good what was cut off: the source whose callback it was ends; the
// rest of a batch of deferred functions is called, and since nobody has seen the
// end of the poller's last batch, everybody looks for news.
func (l *Loop) mend() {
	stack := l.cut
	l.cut = nil
	for _, f := range l.deferring {
		if f != nil {
			l.deferred = append(l.deferred, f)
		}
	}
	l.deferring = nil
	l.wakeAt = 0
	l.armTimer()
	l.mailbox.forgetKick()
	l.tell()
	if s := l.fenced; s != nil {
		l.fenced = nil
		s.panicked(&PanicError{Value: ErrGoexit, Stack: stack})
	}
	l.table.all(func(s source) {
		if !l.stopped {
			l.dispatch(s, Readable|Writable|ended)
		}
	})
}
