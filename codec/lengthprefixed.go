package codec

import (
	"encoding/binary"
	"math"
)

// LengthPrefixedOptions configure a LengthPrefixed. A frame is
//
//	+--------------------+-----------------+
//	| length, Width bytes| payload         |
//	+--------------------+-----------------+
//
// and the payload has length + Adjust bytes (less Width, when the length counts itself).
type LengthPrefixedOptions struct {
	// Width of the length in bytes: 1, 2, 4 or 8. 0 means 4.
	Width int
	// Order of the length's bytes. Nil means big-endian.
	Order binary.ByteOrder
	// Adjust is added to the length, in bytes: for a length that counts more or less than the payload. At most 1 MiB
	// either way.
	Adjust int
	// CountsPrefix tells that the length counts its own Width bytes, too.
	CountsPrefix bool
	// KeepPrefix leaves the length in front of the payload in the token. By default it is cut off.
	KeepPrefix bool
	// Limit is how many bytes a payload may have. 0 means DefaultLimit, NoLimit none.
	Limit int
}

// LengthPrefixed cuts a stream into frames that tell their length first. It keeps no state between calls.
type LengthPrefixed struct {
	width  int
	little bool
	adjust int64
	keep   bool
	limit  int
}

var _ Framer = (*LengthPrefixed)(nil)

// maxAdjust keeps adjusted lengths far from overflow.
const maxAdjust = 1 << 20

// NewLengthPrefixed makes a LengthPrefixed. It fails for another width, another order than the two of
// encoding/binary, an adjustment out of range, and a negative limit other than NoLimit.
func NewLengthPrefixed(o LengthPrefixedOptions) (*LengthPrefixed, error) {
	if o.Width == 0 {
		o.Width = 4
	}
	switch o.Width {
	case 1, 2, 4, 8:
	default:
		return nil, optionError("length of %d bytes", o.Width)
	}
	switch o.Order {
	case nil, binary.BigEndian, binary.LittleEndian:
	default:
		return nil, optionError("byte order %v", o.Order)
	}
	if o.Adjust > maxAdjust || o.Adjust < -maxAdjust {
		return nil, optionError("adjustment by %d", o.Adjust)
	}
	limit, err := checkLimit(o.Limit)
	if err != nil {
		return nil, err
	}
	l := &LengthPrefixed{width: o.Width, little: o.Order == binary.LittleEndian, keep: o.KeepPrefix}
	l.limit = min(limit, math.MaxInt-o.Width) // so that the end of a frame is an int, too
	l.adjust = int64(o.Adjust)
	if o.CountsPrefix {
		l.adjust -= int64(o.Width)
	}
	return l, nil
}

// Frame implements Framer. The errors are ErrTooLong (before anything past the length is looked at), ErrLength for
// a payload of negative size, and io.ErrUnexpectedEOF for input that ends within a frame, in a *FrameError.
func (l *LengthPrefixed) Frame(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if len(data) < l.width {
		return partialFrame(data, atEOF)
	}
	size, err := l.size(data)
	if err != nil {
		return 0, nil, &FrameError{Offset: 0, Err: err}
	}
	end := l.width + size
	if len(data) < end {
		return partialFrame(data, atEOF)
	}
	start := l.width
	if l.keep {
		start = 0
	}
	return end, data[start:end:end], nil
}

// size reads the length and gives that of the payload.
func (l *LengthPrefixed) size(data []byte) (int, error) {
	length := l.length(data)
	if length > math.MaxInt64 || (l.adjust > 0 && int64(length) > math.MaxInt64-l.adjust) {
		return 0, ErrTooLong
	}
	size := int64(length) + l.adjust
	switch {
	case size < 0:
		return 0, ErrLength
	case size > int64(l.limit):
		return 0, ErrTooLong
	}
	return int(size), nil
}

func (l *LengthPrefixed) length(data []byte) (v uint64) {
	for i := range l.width {
		b := data[i]
		if l.little {
			b = data[l.width-1-i]
		}
		v = v<<8 | uint64(b)
	}
	return v
}
