package codec

// LineEnd tells what a Line does with the end of a line.
type LineEnd uint8

// The ways to treat the end of a line.
const (
	TrimCRLF LineEnd = iota // cut off "\n" and one "\r" before it, as bufio.ScanLines does
	TrimLF                  // cut off "\n" only
	KeepEnd                 // leave the line as it came
)

// LineOptions configure a Line.
type LineOptions struct {
	// End tells what of the line's end is in the token. The zero value is TrimCRLF.
	End LineEnd
	// Limit is how many bytes a line may have, the "\n" not counted. 0 means DefaultLimit, NoLimit none.
	Limit int
	// Strict makes a last line without "\n" an error. By default it is a line.
	Strict bool
}

// Line cuts a stream into lines that end in "\n". One Line serves one stream.
type Line struct {
	delimiter *Delimiter
	end       LineEnd
}

var _ Framer = (*Line)(nil)

// NewLine makes a Line. It fails for an unknown End and a negative limit other than NoLimit.
func NewLine(o LineOptions) (*Line, error) {
	if o.End > KeepEnd {
		return nil, optionError("line end %d", o.End)
	}
	d, err := NewDelimiter(DelimiterOptions{KeepDelimiter: o.End == KeepEnd, Limit: o.Limit, Strict: o.Strict})
	if err != nil {
		return nil, err
	}
	return &Line{delimiter: d, end: o.End}, nil
}

// Frame implements Framer. The errors are ErrTooLong and, when Strict, io.ErrUnexpectedEOF in a *FrameError.
func (l *Line) Frame(data []byte, atEOF bool) (advance int, token []byte, err error) {
	advance, token, err = l.delimiter.Frame(data, atEOF)
	if n := len(token); l.end == TrimCRLF && n > 0 && token[n-1] == '\r' {
		token = token[: n-1 : n-1]
	}
	return advance, token, err
}
