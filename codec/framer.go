package codec

import "io"

// Framer finds the first frame in data.
//
// data begins where the previous frame ended, and grows from call to call until a frame is found: a framer may
// remember how much of it has been searched, which is why one Framer serves one stream, and one goroutine at a
// time. atEOF tells that data will not grow any more.
//
// The results are those of a bufio.SplitFunc:
//
//	less than a frame    0, nil, nil          call again with more data; before EOF this is never an error
//	a frame              advance, token, nil  drop advance bytes from data; token is not nil, but may be empty
//	a bad stream         0, nil, *FrameError  fatal: where the next frame begins is not known
//
// The token is a view of data: it is valid until data is overwritten, in a Scanner until the next Scan. Its capacity
// is its length, so that appending to it copies.
type Framer interface {
	Frame(data []byte, atEOF bool) (advance int, token []byte, err error)
}

// partialFrame is the result for less than a frame: at the end of the input it is an error, unless nothing is left.
func partialFrame(data []byte, atEOF bool) (int, []byte, error) {
	if atEOF && len(data) > 0 {
		return 0, nil, &FrameError{Offset: len(data), Err: io.ErrUnexpectedEOF}
	}
	return 0, nil, nil
}
