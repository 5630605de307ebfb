package sockets

import (
	"io"
	"os"

	"github.com/kharon-net/kharon/reactor"
)

var (
	_ io.ReaderFrom = (*Socket)(nil)
	_ io.WriterTo   = (*Socket)(nil)
)

// ReadFrom writes all that r gives, until its end. It makes the Socket an
// io.ReaderFrom, for io.Copy. From a file, and from a Socket, the bytes do not
// come through this process where the system can do without (Linux). A file
// that is not in memory makes the caller wait for the disk, a fiber's loop
// included. Safe to call from any goroutine.
func (s *Socket) ReadFrom(r io.Reader) (n int64, err error) {
	if n, handled, err := s.sendFile(r); handled {
		return n, s.opError("sendfile", err)
	}
	if from, ok := r.(*Socket); ok {
		return from.WriteTo(s)
	}
	return io.Copy(struct{ io.Writer }{s}, r)
}

// WriteTo writes all that is read to w, until the end. It makes the Socket an
// io.WriterTo, for io.Copy. To another Socket the bytes do not come through
// this process where the system can do without (Linux). It has the turn to read
// until it returns. Safe to call from any goroutine.
func (s *Socket) WriteTo(w io.Writer) (n int64, err error) {
	lim := limit{timeout: Forever}
	if err := s.beginStream(&lim); err != nil {
		return 0, s.opError("read", err)
	}
	defer s.endRead()
	if to, ok := w.(*Socket); ok && to.state != s.state {
		if n, err = s.flush(w); err != nil {
			return n, err
		}
		m, handled, err := s.splice(to, &lim)
		if handled {
			return n + m, err
		}
	}
	for {
		m, err := s.flush(w)
		n += m
		if err != nil {
			return n, err
		}
		if err := s.fill(&lim); isEOF(err) {
			return n, s.opError("read", nil)
		} else if err != nil {
			return n, s.opError("read", err)
		}
	}
}

// flush writes what is in the buffer.
func (s *Socket) flush(w io.Writer) (int64, error) {
	if s.in.len() == 0 {
		return 0, nil
	}
	n, err := w.Write(s.in.bytes())
	s.take(n)
	return int64(n), err
}

func isEOF(err error) bool { return err == io.EOF } //nolint:errorlint // ours comes bare

// sendFile sends a file by the system's own copy; handled is false when r is
// none, or none of which that can be had, and nothing has happened.
func (s *Socket) sendFile(r io.Reader) (n int64, handled bool, err error) {
	left := int64(1<<63 - 1)
	lr, limited := r.(*io.LimitedReader)
	if limited {
		left, r = lr.N, lr.R
	}
	f, ok := r.(*os.File)
	if !ok || s.kind.messages() || left <= 0 {
		return 0, false, nil
	}
	lim := limit{timeout: Forever}
	if err := s.beginWrite(&lim); err != nil {
		return 0, true, err
	}
	defer s.endWrite()
	rc, err := f.SyscallConn()
	if err != nil {
		return 0, false, nil //nolint:nilerr // reading it will say the same
	}
	for n < left {
		ticket := s.desc.Ticket()
		m, err := sysSendFile(s.fd, rc, left-n)
		n += m
		switch {
		case err == nil && m == 0:
			return n, true, nil
		case n == 0 && notForFiles(err):
			return 0, false, nil
		}
		if limited {
			lr.N -= m
		}
		if err = s.room("sendfile", err, ticket, &lim); err != nil {
			return n, true, err
		}
	}
	return n, true, nil
}

// splice moves the rest of the stream to another socket through a pipe of the
// system's. Called with the turn to read.
func (s *Socket) splice(to *Socket, lim *limit) (n int64, handled bool, err error) {
	p, err := openPipe()
	if err != nil {
		return 0, false, nil //nolint:nilerr // there is another way
	}
	defer p.close()
	out := limit{timeout: Forever}
	if err := to.beginStreamWrite(&out); err != nil {
		return 0, true, to.opError("write", err)
	}
	defer to.endWrite()
	for {
		ticket := s.desc.Ticket()
		m, err := p.fill(s.fd)
		switch {
		case n == 0 && notForFiles(err):
			return 0, false, nil
		case isAgain(err):
			if err := s.wait(reactor.Readable, ticket, lim); err != nil {
				return n, true, s.opError("read", err)
			}
			continue
		case err != nil:
			return n, true, s.opError("read", systemError("splice", err))
		case m == 0:
			return n, true, s.opError("read", nil)
		}
		sent, err := to.drain(p, m, &out)
		n += sent
		if err != nil {
			return n, true, to.opError("write", err)
		}
	}
}

// drain writes the m bytes in the pipe. Called with the turn to write.
func (s *Socket) drain(p *pipe, m int, lim *limit) (n int64, err error) {
	for int(n) < m {
		ticket := s.desc.Ticket()
		k, err := p.drain(s.fd, m-int(n))
		n += int64(k)
		if err = s.room("splice", err, ticket, lim); err != nil {
			return n, err
		}
	}
	return n, nil
}
