package codec

import (
	"encoding/binary"
	"math"
)

// VarintOptions configure a Varint. A frame is
//
//	+---------------------+-----------------+
//	| length, 1 to 10     | payload         |
//	| bytes               |                 |
//	+---------------------+-----------------+
//
// and the length an unsigned integer in the format of encoding/binary and Protocol Buffers: seven bits to a byte, the
// lowest first, with the highest bit set in all bytes but the last. binary.AppendUvarint writes it.
type VarintOptions struct {
	// KeepPrefix leaves the length in front of the payload in the token. By default it is cut off.
	KeepPrefix bool
	// Limit is how many bytes a payload may have. 0 means DefaultLimit, NoLimit none.
	Limit int
}

// Varint cuts a stream into frames that tell their length first, in as many bytes as it takes. It keeps no state
// between calls.
type Varint struct {
	keep  bool
	limit int
}

var _ Framer = (*Varint)(nil)

// NewVarint makes a Varint. It fails for a negative limit other than NoLimit.
func NewVarint(o VarintOptions) (*Varint, error) {
	limit, err := checkLimit(o.Limit)
	if err != nil {
		return nil, err
	}
	limit = min(limit, math.MaxInt-binary.MaxVarintLen64) // so that the end of a frame is an int, too
	return &Varint{keep: o.KeepPrefix, limit: limit}, nil
}

// Frame implements Framer. The errors are ErrTooLong (before anything past the length is looked at), ErrLength for a
// length that goes beyond 64 bits, and io.ErrUnexpectedEOF for input that ends within a frame, in a *FrameError.
func (v *Varint) Frame(data []byte, atEOF bool) (advance int, token []byte, err error) {
	length, n := binary.Uvarint(data)
	switch {
	case n < 0:
		return 0, nil, &FrameError{Offset: 0, Err: ErrLength}
	case n > 0 && length > uint64(v.limit):
		return 0, nil, &FrameError{Offset: 0, Err: ErrTooLong}
	case n == 0 || length > uint64(len(data)-n):
		return partialFrame(data, atEOF)
	}
	end := n + int(length)
	start := n
	if v.keep {
		start = 0
	}
	return end, data[start:end:end], nil
}
