package sockets

import (
	"bytes"
	"iter"
	"time"
)

// A Bound is how many bytes a read may take. The zero value is no bound.
type Bound struct {
	n   int
	set bool
}

// AtMost returns the bound of n bytes. 0 is to read nothing; less is ErrInvalid
// where it is used. Safe to call from any goroutine.
func AtMost(n int) Bound { return Bound{n, true} }

// ReadOptions say where a read by ReadOpts ends. The zero value reads to the
// end of the stream.
type ReadOptions struct {
	// Delims are what it ends after, whichever ends first; each is one byte
	// or more. None: the limit or the end of the stream ends it.
	Delims []string

	// Limit is how many bytes, the delimiter among them, it takes when there
	// is no delimiter within them. Not set: the bound of SetMaxLine, at which
	// the call fails.
	Limit Bound

	// Strict makes it ErrLimit when the limit comes before a delimiter, and
	// the bytes stay. False: the bytes up to the limit are the result.
	Strict bool

	// Trim leaves the delimiter out of the result; it is read all the same.
	Trim bool

	// Timeout is the total time the call may take. 0 means Forever, NoWait or
	// less one attempt.
	Timeout time.Duration
}

func (o *ReadOptions) bound() int {
	if o.Limit.set {
		return o.Limit.n
	}
	return -1
}

// timeoutField is how a Timeout in a struct is meant.
func timeoutField(d time.Duration) time.Duration {
	if d == 0 {
		return Forever
	}
	return d
}

// ReadOpts reads to a delimiter, to a limit or to the end of the stream. which
// is the number of the delimiter it has found, -1 for none. The result is the
// caller's. Safe to call from any goroutine.
//
// The end of the stream before a delimiter or the limit is as for ReadUntil,
// and after failures that do not end the stream the bytes stay. Without
// delimiter and limit the end of the stream is what is read to: then the error
// is nil, and io.EOF when there was nothing.
func (s *Socket) ReadOpts(o ReadOptions) (data []byte, which int, err error) {
	lim := limit{timeout: timeoutField(o.Timeout)}
	if o.Limit.set && o.Limit.n < 0 {
		return nil, -1, s.opError("read", invalid("negative limit"))
	}
	if err := s.beginStream(&lim); err != nil {
		return nil, -1, s.opError("read", err)
	}
	defer s.endRead()
	n, which, err := s.toBound(&lim, &o)
	if n == 0 && err == nil {
		return []byte{}, -1, s.opError("read", nil)
	}
	data = bytes.Clone(s.yield(n, err))
	if o.Trim && which >= 0 {
		data = data[:n-len(o.Delims[which])]
	}
	return data, which, s.opError("read", err)
}

func (s *Socket) toBound(lim *limit, o *ReadOptions) (n, which int, err error) {
	bound := o.bound()
	if len(o.Delims) == 0 {
		n, err = s.toLimit(lim, bound)
		return n, -1, err
	}
	x, err := s.finderOf(o.Delims)
	if err != nil || bound == 0 {
		return 0, -1, err
	}
	n, which, err = s.until(lim, x, bound)
	if err == nil && which < 0 && o.Strict {
		err = ErrLimit
	}
	return n, which, ended(n, err)
}

// toLimit reads bound bytes, or all there will be.
func (s *Socket) toLimit(lim *limit, bound int) (int, error) {
	if bound >= 0 {
		n, err := s.gather(lim, bound)
		return n, ended(n, err)
	}
	for {
		if s.tooLong(s.in.len()) {
			return 0, ErrLimit
		}
		if err := s.fill(lim); err != nil {
			if ended(s.in.len(), err) != err { //nolint:errorlint // nothing was cut off: this is what was asked for
				err = nil
			}
			return s.in.len(), err
		}
	}
}

// Lines returns an iterator over the lines of the stream, without their "\n" or
// "\r\n". Each is a part of the socket's buffer, valid until the next one. The
// timeout is for each line. The end of the stream ends it; a failure is the
// last it yields: after a last line without its "\n" that is the line with
// io.ErrUnexpectedEOF. It allocates nothing for a line. Safe to call from any
// goroutine.
func (s *Socket) Lines(timeout time.Duration) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			line, err := s.ReadSlice(timeout, "\n")
			if err == nil {
				line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
				if !yield(line, nil) {
					return
				}
				continue
			}
			if !isEOF(err) {
				yield(line, err)
			}
			return
		}
	}
}
