package sockets

import (
	"bytes"
	"time"
)

// DefaultMaxLine is how many bytes, with the delimiter, ReadUntil takes for one
// unless SetMaxLine says otherwise: 16 MiB.
const DefaultMaxLine = 16 << 20

// SetMaxLine sets how many bytes, with the delimiter, a call that reads to a
// delimiter may take: the bound on what a peer can make us hold. 0 or less is
// no bound. Safe to call from any goroutine.
func (s *Socket) SetMaxLine(n int) { s.maxLine.Store(int64(n)) }

// Read reads what is there, waiting for the first byte: from the buffer if it
// holds anything, and from the system otherwise. At the end it returns io.EOF,
// and for an empty p 0 and nil. Safe to call from any goroutine.
func (s *Socket) Read(p []byte) (int, error) {
	lim := limit{timeout: Forever}
	if err := s.beginRead(&lim); err != nil {
		return 0, s.opError("read", err)
	}
	defer s.endRead()
	if n := s.in.len(); n > 0 || len(p) == 0 {
		n = copy(p, s.in.bytes())
		s.take(n)
		return n, nil
	}
	n, err := s.readSome(p, &lim)
	return n, s.opError("read", err)
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
	if err := s.beginUntil(&lim, delims); err != nil {
		return nil, s.opError("read", err)
	}
	defer s.endRead()
	n, err := s.until(&lim, delims)
	return bytes.Clone(s.yield(n, err)), s.opError("read", s.ended(n, err))
}

// ReadSlice is ReadUntil without a copy: the result is a part of the socket's
// buffer, valid until the next read from the socket, by whomever. It does not
// allocate. Safe to call from any goroutine, but the result is of use only
// where one goroutine alone reads.
func (s *Socket) ReadSlice(timeout time.Duration, delims ...string) ([]byte, error) {
	lim := limit{timeout: timeout}
	if err := s.beginUntil(&lim, delims); err != nil {
		return nil, s.opError("read", err)
	}
	defer s.endRead()
	n, err := s.until(&lim, delims)
	return s.yield(n, err), s.opError("read", s.ended(n, err))
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
		return []byte{}, nil
	}
	return bytes.Clone(s.yield(got, err)), s.opError("read", s.ended(got, err))
}

// Peek waits until n bytes are there and returns them without taking them. The
// result is valid until the next read from the socket. When the stream ends
// before, the result is what there is, with io.ErrUnexpectedEOF or, without
// any, io.EOF. Safe to call from any goroutine, but the result is of use only
// where one goroutine alone reads.
func (s *Socket) Peek(n int, timeout time.Duration) ([]byte, error) {
	lim := limit{timeout: timeout}
	if err := s.beginN(&lim, n); err != nil {
		return nil, s.opError("peek", err)
	}
	defer s.endRead()
	got, err := s.gather(&lim, n)
	if err != nil && !terminal(err) {
		return nil, s.opError("peek", err)
	}
	return s.in.bytes()[:got:got], s.opError("peek", s.ended(got, err))
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
			return n, nil
		}
		if err := s.fill(&lim); err != nil {
			return done, s.opError("discard", s.ended(done, err))
		}
	}
}

// Buffered returns how many bytes have been received and not been read yet: as
// many can be read without waiting. Safe to call from any goroutine.
func (s *Socket) Buffered() int { return int(s.held.Load()) }
