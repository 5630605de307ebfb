package sockets

import (
	"bytes"
	"io"
	"time"
)

// DefaultMaxLine is how many bytes, with the delimiter, a call that reads to a
// delimiter takes for one unless SetMaxLine says otherwise: 16 MiB.
const DefaultMaxLine = 16 << 20

// SetMaxLine sets how many bytes, with the delimiter, a call that reads to a
// delimiter may take: the bound on what a peer can make us hold. When the
// buffer holds more without one, nothing more is read from the system, so that
// the peer has to wait, until other calls have taken something away. 0 or less
// is no bound. Safe to call from any goroutine.
func (s *Socket) SetMaxLine(n int) { s.maxLine.Store(int64(n)) }

// Read reads what is there, waiting for the first byte: from the buffer if it
// holds anything, and from the system otherwise; from a datagram socket one
// datagram, of which what p has no room for is lost. At the end it returns
// io.EOF, and for an empty p 0 and nil. Safe to call from any goroutine.
func (s *Socket) Read(p []byte) (int, error) { return s.ReadTimeout(p, Forever) }

// ReadTimeout is Read within a timeout. Safe to call from any goroutine.
func (s *Socket) ReadTimeout(p []byte, timeout time.Duration) (int, error) {
	lim := limit{timeout: timeout}
	if err := s.beginRead(&lim); err != nil {
		return 0, s.opError("read", err)
	}
	defer s.endRead()
	n, err := 0, error(nil)
	if len(p) > 0 {
		n, err = s.readInto(p, &lim)
	}
	return n, s.opError("read", err)
}

// readInto reads from the buffer if it holds anything, and once from the system
// otherwise.
func (s *Socket) readInto(p []byte, lim *limit) (int, error) {
	if s.in.len() == 0 {
		return s.readSome(p, lim)
	}
	n := copy(p, s.in.bytes())
	s.take(n)
	return n, nil
}

// ReadByte reads one byte. It makes the Socket an io.ByteReader. Safe to call
// from any goroutine.
func (s *Socket) ReadByte() (byte, error) {
	if s.quick() {
		defer s.endQuick()
		c := s.in.bytes()[0]
		s.take(1)
		return c, nil
	}
	lim := limit{timeout: Forever}
	if err := s.beginN(&lim, 1); err != nil {
		return 0, s.opError("read", err)
	}
	defer s.endRead()
	if _, err := s.gather(&lim, 1); err != nil {
		return 0, s.opError("read", err)
	}
	c := s.in.bytes()[0]
	s.take(1)
	return c, s.opError("read", nil)
}

// ReadUntil reads up to and including a delimiter: of several the one whose
// end comes first. The result is the caller's. Safe to call from any goroutine.
//
// When the stream ends before, the result is what there is, with
// io.ErrUnexpectedEOF, and without any with io.EOF. After ErrTimeout, and after
// ErrLimit when there is no delimiter within the bound of SetMaxLine, the
// result is nil and the bytes stay. No delimiter, or an empty one, is
// ErrInvalid.
func (s *Socket) ReadUntil(timeout time.Duration, delims ...string) ([]byte, error) {
	lim := limit{timeout: timeout}
	if err := s.beginStream(&lim); err != nil {
		return nil, s.opError("read", err)
	}
	defer s.endRead()
	n, err := s.toDelim(&lim, delims)
	return bytes.Clone(s.yield(n, err)), s.opError("read", ended(n, err))
}

// ReadSlice is ReadUntil without a copy: the result is a part of the socket's
// buffer, valid until the next read from the socket, by whomever. It does not
// allocate. Safe to call from any goroutine, but the result is of use only
// where one goroutine alone reads.
func (s *Socket) ReadSlice(timeout time.Duration, delims ...string) ([]byte, error) {
	if len(delims) == 1 && len(delims[0]) == 1 {
		if b := s.quickly(delims[0][0]); b != nil {
			return b, nil
		}
	}
	lim := limit{timeout: timeout}
	if err := s.beginStream(&lim); err != nil {
		return nil, s.opError("read", err)
	}
	defer s.endRead()
	n, err := s.toDelim(&lim, delims)
	return s.yield(n, err), s.opError("read", ended(n, err))
}

func (s *Socket) toDelim(lim *limit, delims []string) (int, error) {
	x, err := s.finderOf(delims)
	if err != nil {
		return 0, err
	}
	n, _, err := s.until(lim, x, -1)
	return n, err
}

// ReadN reads exactly n bytes. The result is the caller's. Safe to call from
// any goroutine.
//
// When the stream ends before, the result is what there is, with
// io.ErrUnexpectedEOF, and without any with io.EOF. After ErrTimeout the result
// is nil and the bytes stay. A negative n is ErrInvalid; 0 is an empty slice, at
// once.
func (s *Socket) ReadN(n int, timeout time.Duration) ([]byte, error) {
	lim := limit{timeout: timeout}
	if err := s.beginN(&lim, n); err != nil {
		return nil, s.opError("read", err)
	}
	defer s.endRead()
	got, err := s.gather(&lim, n)
	if err == nil && n == 0 {
		return []byte{}, s.opError("read", nil)
	}
	return bytes.Clone(s.yield(got, err)), s.opError("read", ended(got, err))
}

// ReadFull fills p, or takes nothing: after ErrTimeout it returns 0, and the
// bytes stay. When the stream ends before, what there is is in p, and the
// error is io.ErrUnexpectedEOF, or io.EOF without any. Safe to call from any
// goroutine.
func (s *Socket) ReadFull(p []byte, timeout time.Duration) (int, error) {
	lim := limit{timeout: timeout}
	if err := s.beginN(&lim, len(p)); err != nil {
		return 0, s.opError("read", err)
	}
	defer s.endRead()
	got, err := s.gather(&lim, len(p))
	n := copy(p, s.yield(got, err))
	return n, s.opError("read", ended(got, err))
}

// Peek waits until n bytes are there and returns them without taking them. The
// result is valid until the next read from the socket. When the stream ends
// before, the result is what there is, with io.ErrUnexpectedEOF or, without
// any, io.EOF. More than the bound of SetMaxLine is ErrLimit. Safe to call from
// any goroutine, but the result is of use only where one goroutine alone reads.
func (s *Socket) Peek(n int, timeout time.Duration) ([]byte, error) {
	lim := limit{timeout: timeout}
	if err := s.beginN(&lim, n); err != nil {
		return nil, s.opError("peek", err)
	}
	defer s.endRead()
	if s.tooLong(n) {
		return nil, s.opError("peek", ErrLimit)
	}
	got, err := s.gather(&lim, n)
	if err != nil && !terminal(err) {
		return nil, s.opError("peek", err)
	}
	return s.in.bytes()[:got:got], s.opError("peek", ended(got, err))
}

// Discard takes n bytes away and returns how many it has: on failure fewer,
// and those are gone whatever the failure. Safe to call from any goroutine.
func (s *Socket) Discard(n int, timeout time.Duration) (int, error) {
	lim := limit{timeout: timeout}
	if err := s.beginN(&lim, n); err != nil {
		return 0, s.opError("discard", err)
	}
	defer s.endRead()
	done := 0
	for {
		m := min(n-done, s.in.len())
		s.take(m)
		if done += m; done == n {
			return n, s.opError("discard", nil)
		}
		if err := s.fill(&lim); err != nil {
			return done, s.opError("discard", ended(done, err))
		}
	}
}

// Buffered returns how many bytes have been received and not been read yet: as
// many can be read without waiting. While another goroutine reads, it is how
// many there were when that began to wait, or received something. Safe to call
// from any goroutine.
func (s *Socket) Buffered() int {
	if !s.reads.try() {
		return int(s.held.Load())
	}
	defer s.endQuick()
	return s.in.len()
}

var _ io.Reader = (*Socket)(nil)
