package sockets

import (
	"context"
	"math"
	"time"
)

// Forever is the timeout of a call that waits as long as it takes.
const Forever time.Duration = math.MaxInt64

// NoWait is the timeout of a call that tries once and does not wait. As an
// argument 0 means the same; in a field of a struct 0 means Forever.
const NoWait time.Duration = -1

// A limit says how long a call may wait, in all. The clock is not asked before
// the call waits for the first time: most do not.
type limit struct {
	timeout time.Duration
	end     time.Time       // zero until the call waits
	ctx     context.Context // to wait with; nil: of's
	of      *Socket         // who waits
}

// where returns the context that tells who waits and until when.
func (l *limit) where() context.Context {
	if l.ctx == nil {
		l.ctx = l.of.where()
	}
	return l.ctx
}

// once reports whether the call tries once and does not wait.
func (l *limit) once() bool { return l.timeout <= 0 }

// until returns when to stop waiting; the zero time is never.
func (l *limit) until() time.Time {
	if l.timeout == Forever {
		return time.Time{}
	}
	if l.end.IsZero() {
		l.end = time.Now().Add(l.timeout)
	}
	return l.end
}

var background = context.Background()
