package sockets

import (
	"io"
	"net"
	"time"
)

// maxVector is how many buffers one system call takes: IOV_MAX of every system.
const maxVector = 1024

// Writev writes the buffers one after the other, many with one system call, and
// returns how many bytes the system has taken: fewer than all only with an
// error. It takes away from bufs what it has written, so that it may be called
// again with the rest. The bytes are not mixed with those of other calls. Safe
// to call from any goroutine.
func (s *Socket) Writev(bufs *net.Buffers, timeout time.Duration) (n int64, err error) {
	lim := limit{timeout: timeout}
	if err := s.beginStreamWrite(&lim); err != nil {
		return 0, s.opError("write", err)
	}
	defer s.endWrite()
	n, err = s.writeVector(bufs, &lim)
	return n, s.opError("write", err)
}

// beginStreamWrite is beginWrite for the calls that send a stream of bytes.
func (s *Socket) beginStreamWrite(lim *limit) error {
	if s.kind.messages() {
		return invalid("this needs a stream: the socket sends messages")
	}
	return s.beginWrite(lim)
}

func (s *Socket) writeVector(bufs *net.Buffers, lim *limit) (total int64, err error) {
	for {
		for len(*bufs) > 0 && len((*bufs)[0]) == 0 {
			*bufs = (*bufs)[1:]
		}
		if len(*bufs) == 0 {
			return total, nil
		}
		ticket := s.desc.Ticket()
		n, err := sysWritev(s.fd, (*bufs)[:min(len(*bufs), maxVector)])
		total += int64(n)
		skip(bufs, n)
		if err == nil && n == 0 {
			return total, io.ErrUnexpectedEOF
		}
		if err = s.room("writev", err, ticket, lim); err != nil {
			return total, err
		}
	}
}

// skip takes n bytes away.
func skip(bufs *net.Buffers, n int) {
	for n > 0 {
		first := (*bufs)[0]
		if n < len(first) {
			(*bufs)[0] = first[n:]
			return
		}
		n -= len(first)
		(*bufs)[0] = nil
		*bufs = (*bufs)[1:]
	}
}
