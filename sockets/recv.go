package sockets

import (
	"bytes"
	"io"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// Auto as a size is a whole datagram, or 512 bytes of a stream.
const Auto = -1

// autoStream is what Auto is on a stream, and maxDatagram the longest datagram
// of IP.
const (
	autoStream  = 512
	maxDatagram = 64 << 10
)

// A Message is what one receiving call brought.
type Message struct {
	Data      []byte // the caller's
	From      *Addr  // the sender; nil on streams, and when it has no address
	Truncated bool   // there was more of a datagram, and it is lost
}

// Recv receives up to size bytes in one go, or Auto; see recv(2). With nothing
// there it is ErrWouldBlock, or waits after SetNonblock(false). On a stream,
// bytes that are in the buffer come first, and the end is io.EOF; an empty
// datagram is an empty slice. A negative size other than Auto, and a flag
// nobody knows, is ErrInvalid. Safe to call from any goroutine.
func (s *Socket) Recv(size int, flags ...Flag) ([]byte, error) {
	lim := s.patience()
	m, err := s.recv(size, flags, &lim)
	return m.Data, s.opError("recv", wouldBlock(err))
}

// RecvFrom is Recv that tells more: who has sent a datagram, and whether it was
// longer than size. Safe to call from any goroutine.
func (s *Socket) RecvFrom(size int, flags ...Flag) (Message, error) {
	lim := s.patience()
	m, err := s.recv(size, flags, &lim)
	return m, s.opError("recvfrom", wouldBlock(err))
}

// RecvFromWait is RecvFrom that waits within a timeout: then it is ErrTimeout.
// Safe to call from any goroutine.
func (s *Socket) RecvFromWait(timeout time.Duration, size int, flags ...Flag) (Message, error) {
	lim := limit{timeout: timeout}
	m, err := s.recv(size, flags, &lim)
	return m, s.opError("recvfrom", err)
}

// RecvInto is Recv into p; it returns how many bytes there are. Safe to call
// from any goroutine.
func (s *Socket) RecvInto(p []byte, flags ...Flag) (int, error) {
	lim := s.patience()
	n, _, _, err := s.recvInto(p, flags, &lim)
	return n, s.opError("recv", wouldBlock(err))
}

// SysRead makes one read(2), with what is in the buffer coming first. It does
// not wait unless SetNonblock(false) was called: ErrWouldBlock. At the end of a
// stream it is io.EOF. Safe to call from any goroutine.
func (s *Socket) SysRead(p []byte) (int, error) {
	lim := s.patience()
	if err := s.beginRead(&lim); err != nil {
		return 0, s.opError("read", wouldBlock(err))
	}
	defer s.endRead()
	n, err := 0, error(nil)
	if len(p) > 0 {
		n, err = s.readInto(p, &lim)
	}
	return n, s.opError("read", wouldBlock(err))
}

// wouldBlock is what a timeout is to the calls that do not wait.
func wouldBlock(err error) error {
	if err == ErrTimeout { //nolint:errorlint // not wrapped yet
		return ErrWouldBlock
	}
	return err
}

func (s *Socket) recv(size int, flags []Flag, lim *limit) (m Message, err error) {
	if size < Auto {
		return m, invalid("negative size")
	}
	size = s.sizeOf(size)
	c := getChunk(size)
	defer putChunk(c)
	n, from, cut, err := s.recvInto(c.b[:size], flags, lim)
	if err != nil {
		return m, err
	}
	if m = (Message{Data: bytes.Clone(c.b[:n]), Truncated: cut}); m.Data == nil {
		m.Data = []byte{}
	}
	if from.Family != 0 {
		m.From = &from
	}
	return m, nil
}

// sizeOf returns how many bytes to offer room for when size are asked for: not
// more than one call can bring.
func (s *Socket) sizeOf(size int) int {
	if !s.kind.messages() {
		if size < 0 {
			size = autoStream
		}
		return min(size, maxPooled)
	}
	most := maxDatagram
	if s.kind.family == FamilyUnix && s.enter() == nil {
		most = max(most, sysNextSize(s.fd)) // it may be longer than IP's
		s.leave()
	}
	if size < 0 {
		return most
	}
	return min(size, most)
}

// recvInto receives once. A stream's buffer comes first, except before urgent
// data.
func (s *Socket) recvInto(p []byte, flags []Flag, lim *limit) (n int, from Addr, cut bool, err error) {
	all, err := joinFlags(flags)
	if err == nil && s.kind.typ == Stream && all&flagTrunc != 0 {
		err = invalid("MSG_TRUNC is for messages")
	}
	if err != nil {
		return 0, from, false, err
	}
	if err := s.beginRead(lim); err != nil {
		return 0, from, false, err
	}
	defer s.endRead()
	if s.in.len() > 0 && all&FlagOOB == 0 {
		if n = copy(p, s.in.bytes()); all&FlagPeek == 0 {
			s.take(n)
		}
		return n, from, false, nil
	}
	if len(p) == 0 && !s.kind.messages() {
		return 0, from, false, nil
	}
	n, from, cut, err = s.recvWhen(p, all, lim)
	if err == nil && n == 0 && (s.kind.typ == Stream || s.kind.typ == SeqPacket && !cut && len(p) > 0) {
		err = io.EOF
	}
	return n, from.of(s.kind), cut, err
}

// recvWhen receives when there is something.
func (s *Socket) recvWhen(p []byte, flags Flag, lim *limit) (n int, from Addr, cut bool, err error) {
	for {
		ticket := s.desc.Ticket()
		n, from, cut, err = sysRecv(s.fd, p, int(flags))
		switch {
		case err == nil:
			return n, from, cut, nil
		case err != syscall.EAGAIN:
			return 0, from, false, systemError("recvfrom", err)
		case lim.once():
			return 0, from, false, ErrTimeout
		}
		if err := s.wait(reactor.Readable, ticket, lim); err != nil {
			return 0, from, false, err
		}
	}
}
