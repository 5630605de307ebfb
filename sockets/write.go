package sockets

import (
	"io"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// maxWrite is the most one system call is given: some systems refuse more.
const maxWrite = 1 << 30

// Write writes all of p and returns how many bytes the system has taken: fewer
// than len(p) only with an error. It keeps nothing of p. Safe to call from any
// goroutine.
func (s *Socket) Write(p []byte) (int, error) { return s.WriteTimeout(p, Forever) }

// WriteTimeout is Write within a timeout: after ErrTimeout exactly the n bytes
// it returns have gone on their way, and the rest may be written later. Safe
// to call from any goroutine.
func (s *Socket) WriteTimeout(p []byte, timeout time.Duration) (n int, err error) {
	lim := limit{timeout: timeout}
	if err := s.beginWrite(&lim); err != nil {
		return 0, s.opError("write", err)
	}
	defer s.endWrite()
	n, err = s.writeAll(p, &lim)
	return n, s.opError("write", err)
}

// beginWrite takes the turn to write and keeps the descriptor open until
// endWrite.
func (s *Socket) beginWrite(lim *limit) error {
	if err := s.writes.lock(lim); err != nil {
		return err
	}
	err := s.enter()
	if err == nil {
		if err = s.expired(reactor.Writable); err == nil {
			return nil
		}
		s.leave()
	}
	s.writes.unlock()
	return err
}

func (s *Socket) endWrite() {
	s.leave()
	s.writes.unlock()
}

func (s *Socket) writeAll(p []byte, lim *limit) (n int, err error) {
	for n < len(p) {
		ticket := s.ticket()
		m, err := sysWrite(s.fd, p[n:min(len(p), n+maxWrite)])
		n += m
		switch {
		case err == syscall.EAGAIN && lim.once():
			return n, ErrTimeout
		case err == syscall.EAGAIN:
			if err := s.wait(reactor.Writable, ticket, lim); err != nil {
				return n, err
			}
		case err != nil:
			return n, systemError("write", err)
		case m == 0:
			return n, io.ErrUnexpectedEOF
		}
	}
	return n, nil
}
