package sockets

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/kharon-net/kharon/reactor"
)

// This file is what all reading calls share: the turn, the buffer, the wait.

// beginRead takes the turn to read and keeps the descriptor open until endRead.
func (s *Socket) beginRead(lim *limit) error {
	return s.begin(&s.reads, reactor.Readable, lim)
}

func (s *Socket) endRead() {
	s.leave()
	s.endQuick()
}

// begin takes a turn and keeps the descriptor open.
func (s *Socket) begin(t *turn, ev reactor.Events, lim *limit) error {
	lim.of = s
	if err := t.lock(lim); err != nil {
		return err
	}
	err := s.enter()
	if err == nil {
		if err = s.desc.Expired(ev); err == nil {
			return nil
		}
		s.leave()
	}
	t.unlock()
	return err
}

// beginStream is beginRead for the calls that see a stream of bytes.
func (s *Socket) beginStream(lim *limit) error {
	if s.kind.messages() {
		return invalid("reading a count, or to a delimiter, needs a stream: this socket receives messages")
	}
	return s.beginRead(lim)
}

func (s *Socket) beginN(lim *limit, n int) error {
	if n < 0 {
		return invalid("negative count")
	}
	return s.beginStream(lim)
}

// quick takes the turn to read for a call that the buffer may serve: if nobody
// has it, there is no deadline, and nothing else to be looked at. The
// descriptor may be closed meanwhile. endQuick ends it.
func (s *state) quick() bool {
	if !s.reads.try() {
		return false
	}
	if s.in.r < s.in.w && !s.limited.Load() && !s.closed.Load() && s.last.Load() == nil {
		return true
	}
	s.endQuick()
	return false
}

func (s *state) endQuick() { s.reads.unlock() }

// quickly takes a piece that ends with a byte and is in the buffer, or returns
// nil.
func (s *state) quickly(delim byte) []byte {
	if !s.quick() {
		return nil
	}
	b := s.in.bytes()
	end := bytes.IndexByte(b, delim) + 1
	if end == 0 || s.tooLong(end) {
		s.endQuick()
		return nil
	}
	s.take(end)
	s.endQuick()
	return b[:end:end]
}

func (s *state) tooLong(n int) bool {
	bound := int(s.maxLine.Load())
	return bound > 0 && n > bound
}

// until fills the buffer until it holds one of the delimiters, which ends
// after n bytes, or bound bytes without one; no bound is -1. On failure n is
// all there is.
func (s *Socket) until(lim *limit, x *finder, bound int) (n, which int, err error) {
	most := int(s.maxLine.Load())
	for {
		b := s.in.bytes()
		if bound >= 0 && len(b) > bound {
			b = b[:bound]
		}
		end, which := x.find(b, min(s.scanned, len(b)))
		if end < 0 && bound >= 0 && len(b) == bound {
			return bound, -1, nil
		}
		switch {
		case most > 0 && (end > most || end < 0 && len(b) >= most):
			return len(b), -1, ErrLimit
		case end > 0:
			return end, which, nil
		}
		s.scanned = len(b)
		if err := s.fill(lim); err != nil {
			return s.in.len(), -1, err
		}
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
func (s *state) take(n int) {
	s.in.consume(n)
	s.scanned = 0
}

// yield hands over what a call that ended with err gets: n bytes, or nothing
// if the bytes stay.
func (s *Socket) yield(n int, err error) []byte {
	if n == 0 || err != nil && (!terminal(err) || s.closed.Load()) {
		return nil
	}
	b := s.in.bytes()[:n:n]
	s.take(n)
	return b
}

// ended turns the end of the stream into io.ErrUnexpectedEOF when it cut
// something off.
func ended(n int, err error) error {
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
		ticket := s.desc.Ticket()
		n, err := sysRead(s.fd, into)
		tried = true
		s.dryAt = ticket
		s.dry = err == syscall.EAGAIN || n > 0 && n < len(into) && s.tcp && !s.desc.Ended()
		switch {
		case n > 0:
			if p == nil {
				s.in.added(n, len(into))
				s.held.Store(int64(s.in.len()))
			}
			return n, nil
		case err == nil && s.kind.messages() && s.kind.typ != SeqPacket:
			return 0, nil // a datagram may be empty
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
	if ev == reactor.Readable {
		s.in.rest()
		s.held.Store(int64(s.in.len()))
	}
	return s.await(ev, ticket, lim)
}

// await is wait for those who have not the turn.
func (s *Socket) await(ev reactor.Events, ticket reactor.Ticket, lim *limit) error {
	return awaitDesc(s.desc, ev, ticket, lim)
}

func awaitDesc(desc *reactor.Desc, ev reactor.Events, ticket reactor.Ticket, lim *limit) error {
	ctx := lim.where()
	err := desc.Await(ctx, ev, ticket, lim.until())
	switch {
	case err == nil:
		return nil
	case err == os.ErrDeadlineExceeded: //nolint:errorlint // as Await returns it
		return ErrTimeout
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return interrupted(ctx)
	}
	return err
}
