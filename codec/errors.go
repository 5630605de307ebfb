package codec

import (
	"errors"
	"fmt"
)

// Reasons a frame is refused for, found in a *FrameError by errors.Is. The end of the input within a frame is
// io.ErrUnexpectedEOF.
var (
	// ErrTooLong: a frame is longer than the limit.
	ErrTooLong = errors.New("frame too long")
	// ErrLength: a length prefix that no frame can have.
	ErrLength = errors.New("invalid frame length")
)

// ErrOptions is what every error about options is; the text says which one and why.
var ErrOptions = errors.New("invalid options")

// FrameError ends a stream: what follows cannot be told apart from rubbish.
type FrameError struct {
	Offset int   // where in the data given to the call
	Err    error // the reason
}

// Error gives the reason and the offset.
func (e *FrameError) Error() string {
	return fmt.Sprintf("codec: %v at offset %d", e.Err, e.Offset)
}

// Unwrap returns the reason.
func (e *FrameError) Unwrap() error { return e.Err }

func optionError(format string, args ...any) error {
	return fmt.Errorf("codec: %w: "+format, append([]any{ErrOptions}, args...)...)
}
