package sockets

import (
	"context"
	"math"
	"time"
)

// Forever is the timeout of a call that waits as long as it takes.
const Forever time.Duration = math.MaxInt64

// NoWait is the timeout of a call that tries once and does not wait.
const NoWait time.Duration = 0

// A limit says how long a call may wait, in all. The clock is not asked before
// the call waits for the first time: most do not.
type limit struct {
	timeout time.Duration
	end     time.Time       // zero until the call waits
	ctx     context.Context // of the fiber to wait in; nil: a goroutine
}

// where returns the context that tells who waits.
func (l *limit) where() context.Context {
	if l.ctx == nil {
		return background
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
