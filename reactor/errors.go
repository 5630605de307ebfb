package reactor

import (
	"errors"
	"fmt"
	"net"
)

// ErrStopped is returned by whatever is asked of a loop or a reactor that has
// stopped. It is also net.ErrClosed.
var ErrStopped = fmt.Errorf("reactor: stopped: %w", net.ErrClosed)

// errReservedFD is what watching descriptor 0 fails with where the poller can
// not do that.
var errReservedFD = fmt.Errorf("reactor: descriptor %d can not be watched on this system: %w", reservedFD, errors.ErrUnsupported)

// ErrFlushTimeout is the reason OnClose gets when a connection was closed but
// its peer did not take what was still queued within Config.FlushTimeout.
var ErrFlushTimeout = errors.New("reactor: peer did not take the last output in time")

// ErrUnconsumed is the reason OnClose gets when more than Config.MaxUnconsumed
// bytes had arrived that the handler did not consume.
var ErrUnconsumed = errors.New("reactor: the handler leaves too much input unconsumed")

// ErrGoexit is the reason a fiber, or, within a *PanicError, a connection ends
// with whose code called runtime.Goexit, as testing.T.FailNow does.
var ErrGoexit = errors.New("reactor: runtime.Goexit was called")

// A PanicError is the reason a connection ends with when its handler
// panicked. The loop itself goes on.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // the stack of the panicking goroutine
}

// Error returns the panic's value as text, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("reactor: handler panicked: %v", e.Value) }

// Unwrap returns the value of the panic when that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
