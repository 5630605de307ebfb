package netbox

import (
	"context"
	"iter"
)

// pushList is the messages a request has received, one behind the other.
// Guarded by the mu of its Future.
type pushList struct {
	buf  []byte
	ends []int // of message i in buf
	keep bool  // messages are wanted
}

// add keeps a copy of a message. Slices handed out before stay as they are.
func (l *pushList) add(value []byte) {
	l.buf = append(l.buf, value...)
	l.ends = append(l.ends, len(l.buf))
}

// at returns message i, which must be there.
func (l *pushList) at(i int) Value {
	start := 0
	if i > 0 {
		start = l.ends[i-1]
	}
	end := l.ends[i]
	if start == end {
		return nil // the server pushed no value
	}
	return Value(l.buf[start:end:end])
}

// Pushes ranges over the messages that the server sends out of band while the
// request runs: those which have come and those to come, in order, until the
// answer is there; Wait then returns that at once. When the request fails, the
// last round has a nil Value and the error; when ctx is done first, its cause.
// Every iteration begins with the first message again. Safe to call from any
// goroutine, and from fibers.
func (f *Future) Pushes(ctx context.Context) iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		for i := 0; ; i++ {
			v, more, err := f.push(ctx, i)
			switch {
			case err != nil:
				yield(nil, err)
				return
			case !more:
				return
			case !yield(v, nil):
				return
			}
		}
	}
}

// push returns message i, waiting for it. more is false when the answer came
// instead.
func (f *Future) push(ctx context.Context, i int) (v Value, more bool, err error) {
	for {
		f.mu.Lock()
		if i < len(f.pushes.ends) {
			v = f.pushes.at(i)
			f.mu.Unlock()
			return v, true, nil
		}
		if f.Ready() {
			f.mu.Unlock()
			return nil, false, f.failed(f.read(new(Result)))
		}
		if err := f.nap(ctx); err != nil {
			return nil, false, f.failed(err)
		}
	}
}
