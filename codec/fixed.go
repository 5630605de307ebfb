package codec

// FixedOptions configure a Fixed.
type FixedOptions struct {
	// Size of every frame in bytes, 1 or more. There is no default.
	Size int
	// Limit is how large Size may be. 0 means DefaultLimit, NoLimit none.
	Limit int
	// Lenient makes what is left at the end of the input a shorter last frame. By default it is an error.
	Lenient bool
}

// Fixed cuts a stream into frames of one size. It keeps no state between calls.
type Fixed struct {
	size    int
	lenient bool
}

var _ Framer = (*Fixed)(nil)

// NewFixed makes a Fixed. It fails for a size below 1 or above the limit, and for a negative limit other than NoLimit.
func NewFixed(o FixedOptions) (*Fixed, error) {
	limit, err := checkLimit(o.Limit)
	if err != nil {
		return nil, err
	}
	if o.Size < 1 || o.Size > limit {
		return nil, optionError("frames of %d bytes", o.Size)
	}
	return &Fixed{size: o.Size, lenient: o.Lenient}, nil
}

// Frame implements Framer. The error is io.ErrUnexpectedEOF, unless Lenient, in a *FrameError.
func (f *Fixed) Frame(data []byte, atEOF bool) (advance int, token []byte, err error) {
	switch {
	case len(data) >= f.size:
		return f.size, data[:f.size:f.size], nil
	case atEOF && f.lenient && len(data) > 0:
		return len(data), data[:len(data):len(data)], nil
	}
	return partialFrame(data, atEOF)
}
