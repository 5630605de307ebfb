package codec

import "io"

// DefaultLimit is the limit of the framers when the options leave it 0: 1 MiB.
const DefaultLimit = 1 << 20

// NoLimit as a limit lets a frame be as long as memory allows.
const NoLimit = -1

// DelimiterOptions configure a Delimiter.
type DelimiterOptions struct {
	// Delimiters end a frame, whichever ends first; each is one byte or more. None means "\n".
	Delimiters []string
	// KeepDelimiter leaves the delimiter at the end of the token. By default it is cut off.
	KeepDelimiter bool
	// Limit is how many bytes a frame may have, its delimiter not counted. 0 means DefaultLimit, NoLimit none.
	Limit int
	// Strict makes bytes after the last delimiter an error at the end of the input. By default they are the last
	// frame.
	Strict bool
}

// Delimiter cuts a stream at delimiters. One Delimiter serves one stream.
type Delimiter struct {
	finder   *Finder
	limit    int
	keep     bool
	strict   bool
	searched int // bytes of the frame under way that hold no delimiter
}

var _ Framer = (*Delimiter)(nil)

// NewDelimiter makes a Delimiter. It fails for an empty delimiter and a negative limit other than NoLimit.
func NewDelimiter(o DelimiterOptions) (*Delimiter, error) {
	if len(o.Delimiters) == 0 {
		o.Delimiters = []string{"\n"}
	}
	finder, err := NewFinder(o.Delimiters...)
	if err != nil {
		return nil, err
	}
	limit, err := checkLimit(o.Limit)
	if err != nil {
		return nil, err
	}
	return &Delimiter{finder: finder, limit: limit, keep: o.KeepDelimiter, strict: o.Strict}, nil
}

// checkLimit resolves 0 and refuses what is no limit.
func checkLimit(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultLimit, nil
	case limit < NoLimit:
		return 0, optionError("limit %d", limit)
	case limit == NoLimit:
		return int(^uint(0) >> 1), nil
	}
	return limit, nil
}

// Frame implements Framer. The errors are ErrTooLong and, when Strict, io.ErrUnexpectedEOF in a *FrameError.
func (d *Delimiter) Frame(data []byte, atEOF bool) (advance int, token []byte, err error) {
	end, which, ok := d.finder.Find(data, d.searched)
	if !ok {
		return d.partial(data, atEOF)
	}
	d.searched = 0
	stop := end - d.finder.Len(which)
	if stop > d.limit {
		return 0, nil, &FrameError{Offset: d.limit, Err: ErrTooLong}
	}
	if d.keep {
		stop = end
	}
	return end, data[:stop:stop], nil
}

// partial handles data without a delimiter, of which the last bytes may be the beginning of one.
func (d *Delimiter) partial(data []byte, atEOF bool) (int, []byte, error) {
	sure := len(data)
	if !atEOF {
		sure -= d.finder.MaxLen() - 1
	}
	switch {
	case sure > d.limit:
		return 0, nil, &FrameError{Offset: d.limit, Err: ErrTooLong}
	case !atEOF:
		d.searched = len(data)
		return 0, nil, nil
	case len(data) == 0:
		return 0, nil, nil
	case d.strict:
		return 0, nil, &FrameError{Offset: len(data), Err: io.ErrUnexpectedEOF}
	}
	d.searched = 0
	return len(data), data[:len(data):len(data)], nil
}
