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
// than len(p) only with an error. To a datagram socket that is connected it is
// one datagram, of no bytes too. It keeps nothing of p. Safe to call from any
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
	if s.kind.messages() {
		n, err = s.sendWhen(p, 0, nil, &lim)
	} else {
		n, err = s.writeAll(p, &lim)
	}
	return n, s.opError("write", err)
}

// beginWrite takes the turn to write and keeps the descriptor open until
// endWrite.
func (s *Socket) beginWrite(lim *limit) error {
	return s.begin(&s.writes, reactor.Writable, lim)
}

func (s *Socket) endWrite() {
	s.leave()
	s.writes.unlock()
}

func (s *Socket) writeAll(p []byte, lim *limit) (n int, err error) {
	for n < len(p) {
		ticket := s.desc.Ticket()
		m, err := sysWrite(s.fd, p[n:min(len(p), n+maxWrite)])
		n += m
		if err == nil && m == 0 {
			return n, io.ErrUnexpectedEOF
		}
		if err = s.room("write", err, ticket, lim); err != nil {
			return n, err
		}
	}
	return n, nil
}

// room judges the error of a system call that writes, and waits when there was
// no room. When it returns nil the call may be tried again.
func (s *Socket) room(call string, err error, ticket reactor.Ticket, lim *limit) error {
	switch {
	case err == nil:
		return nil
	case err != syscall.EAGAIN:
		return systemError(call, err)
	case lim.once():
		return ErrTimeout
	}
	return s.wait(reactor.Writable, ticket, lim)
}
