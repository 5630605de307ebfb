package sockets

import (
	"io"
	"net"
	"os"
	"slices"
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// This file is what all reading calls share: the turn, the buffer, the wait.

// beginRead takes the turn to read and keeps the descriptor open until endRead.
func (s *Socket) beginRead(lim *limit) error {
	if err := s.reads.lock(lim); err != nil {
		return err
	}
	err := s.enter()
	if err == nil {
		if err = s.expired(reactor.Readable); err == nil {
			return nil
		}
		s.leave()
	}
	s.reads.unlock()
	return err
}

func (s *Socket) endRead() {
	s.leave()
	s.reads.unlock()
}

func (s *Socket) beginUntil(lim *limit, delims []string) error {
	if err := checkDelims(delims); err != nil {
		return err
	}
	return s.beginRead(lim)
}

func (s *Socket) beginN(lim *limit, n int) error {
	if n < 0 {
		return invalid("negative count")
	}
	return s.beginRead(lim)
}

// until fills the buffer until it holds one of the delimiters, which ends
// after n bytes. On failure n is all there is.
func (s *Socket) until(lim *limit, delims []string) (n int, err error) {
	bound := int(s.maxLine.Load())
	from := s.resume(delims)
	for {
		b := s.in.bytes()
		end := findEnd(b, from, delims)
		switch {
		case bound > 0 && (end > bound || end < 0 && len(b) >= bound):
			return len(b), ErrLimit
		case end > 0:
			return end, nil
		}
		from = len(b)
		if err := s.fill(lim); err != nil {
			s.suspend(from, delims, err)
			return from, err
		}
	}
}

// resume returns from where to search: a search for the same delimiters, given
// up at a timeout, goes on where it was.
func (s *Socket) resume(delims []string) int {
	if s.scanned > 0 && slices.Equal(s.sought, delims) {
		return s.scanned
	}
	return 0
}

func (s *Socket) suspend(from int, delims []string, err error) {
	if terminal(err) {
		return
	}
	s.scanned = from
	if !slices.Equal(s.sought, delims) {
		s.sought = slices.Clone(delims)
	}
}

// gather fills the buffer until it holds n bytes. On failure it returns how
// many there are.
func (s *Socket) gather(lim *limit, n int) (int, error) {
	for s.in.len() < n {
		if err := s.fill(lim); err != nil {
			return s.in.len(), err
		}
	}
	return n, nil
}

// take consumes n bytes.
func (s *Socket) take(n int) {
	s.in.consume(n)
	s.held.Store(int64(s.in.len()))
	s.scanned = 0
}

// yield hands over what a call that ended with err gets: n bytes, or nothing
// if the bytes stay.
func (s *Socket) yield(n int, err error) []byte {
	if n == 0 || err != nil && (!terminal(err) || err == net.ErrClosed) { //nolint:errorlint // not wrapped yet
		return nil
	}
	b := s.in.bytes()[:n:n]
	s.take(n)
	return b
}

// ended turns the end of the stream into io.ErrUnexpectedEOF when it cut
// something off.
func (s *Socket) ended(n int, err error) error {
	if n > 0 && err == io.EOF { //nolint:errorlint // our own value
		return io.ErrUnexpectedEOF
	}
	return err
}

// fill adds to the buffer what one read brings.
func (s *Socket) fill(lim *limit) error {
	_, err := s.readSome(nil, lim)
	return err
}

// readSome makes one read into p, or into the buffer when p is nil, and waits
// while there is nothing.
//
// A read that brought less than it could has emptied the socket, and so there
// is no sense in another one before the next edge; unless the peer has ended
// its side, for then no edge will come.
func (s *Socket) readSome(p []byte, lim *limit) (int, error) {
	tried := false
	for {
		if s.dry && !lim.once() {
			if err := s.wait(reactor.Readable, s.dryAt, lim); err != nil && (tried || err != ErrTimeout) { //nolint:errorlint // not wrapped yet
				return 0, err
			}
		}
		into := p
		if p == nil {
			into = s.in.room()
		}
		ticket := s.ticket()
		n, err := sysRead(s.fd, into)
		tried = true
		s.dryAt = ticket
		s.dry = err == syscall.EAGAIN || n > 0 && n < len(into) && s.stream && !s.desc.Ended()
		switch {
		case n > 0:
			if p == nil {
				s.in.added(n, len(into))
				s.held.Store(int64(s.in.len()))
			}
			return n, nil
		case err == nil:
			return 0, io.EOF
		case err != syscall.EAGAIN:
			return 0, systemError("read", err)
		case lim.once():
			return 0, ErrTimeout
		}
	}
}

// wait parks until something has happened since ticket.
func (s *Socket) wait(ev reactor.Events, ticket reactor.Ticket, lim *limit) error {
	if s.desc == nil {
		return invalid("a socket that is being prepared can not wait")
	}
	if ev == reactor.Readable {
		s.in.rest()
	}
	err := s.desc.Await(background, ev, ticket, lim.until())
	if err == os.ErrDeadlineExceeded { //nolint:errorlint // as Await returns it
		return ErrTimeout
	}
	return err
}

func (s *Socket) ticket() reactor.Ticket {
	if s.desc == nil {
		return reactor.Ticket{}
	}
	return s.desc.Ticket()
}

// expired reports that a deadline of ev has passed.
func (s *Socket) expired(ev reactor.Events) error {
	if s.desc == nil {
		return nil
	}
	return s.desc.Expired(ev)
}
