package box

import (
	"crypto/tls"
	"net"
	"sync"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/reactor"
)

// A sealer is the output of a tlsWire. What is written collects, and is
// encrypted together, in records as long as they may be: by the loop, which is
// called once, or by whoever writes at once.
type sealer struct {
	// immutable
	conn *tls.Conn
	sink *reactor.Conn
	turn func() // s.seal, made once

	sealing sync.Mutex // whose turn it is to encrypt; taken before mu

	mu     sync.Mutex
	out    *bytebufferpool.ByteBuffer // not yet encrypted; nil: nothing
	inside int                        // bytes being encrypted
	called bool                       // the loop is on its way
	ready  bool                       // the handshake is over, and the end has not come
}

func (s *sealer) init(conn *tls.Conn, sink *reactor.Conn) {
	s.conn, s.sink = conn, sink
	s.turn = s.seal
}

// open lets output in.
func (s *sealer) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = true
}

// shut drops what is not encrypted and lets no more in. It reports whether
// that is new.
func (s *sealer) shut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.ready
	s.ready = false
	if s.out != nil {
		bytebufferpool.Put(s.out)
		s.out = nil
	}
	return was
}

// Append queues what f appends.
func (s *sealer) Append(f func(dst []byte) []byte) error {
	call, err := s.collect(f)
	if call {
		_ = s.sink.Loop().Post(s.turn)
	}
	return err
}

// collect adds what f appends to the output, and reports whether the loop has
// to be called.
func (s *sealer) collect(f func(dst []byte) []byte) (call bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready {
		return false, net.ErrClosed
	}
	if s.out == nil {
		s.out = bytebufferpool.Get()
	}
	s.out.B = f(s.out.B)
	call = !s.called && len(s.out.B) > 0
	s.called = s.called || call
	return call, nil
}

// Write queues a copy of p.
func (s *sealer) Write(p []byte) (int, error) {
	if err := s.Append(func(dst []byte) []byte { return append(dst, p...) }); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteNow encrypts p behind what is queued, and writes all of it.
func (s *sealer) WriteNow(p []byte) error {
	s.mu.Lock()
	if !s.ready {
		s.mu.Unlock()
		return net.ErrClosed
	}
	if s.out == nil {
		s.out = bytebufferpool.Get()
	}
	s.out.B = append(s.out.B, p...)
	s.mu.Unlock()
	s.Flush()
	return nil
}

// Flush writes what is queued.
func (s *sealer) Flush() {
	s.seal()
	s.sink.Flush()
}

// Queued returns how many bytes wait, those that are encrypted and those that
// are not.
func (s *sealer) Queued() int {
	s.mu.Lock()
	n := s.inside
	if s.out != nil {
		n += len(s.out.B)
	}
	s.mu.Unlock()
	return n + s.sink.Queued()
}

// seal encrypts what has collected.
func (s *sealer) seal() {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	s.mu.Lock()
	out := s.out
	s.out, s.called = nil, false
	if out != nil {
		s.inside = len(out.B)
	}
	s.mu.Unlock()
	if out == nil {
		return
	}
	_, _ = s.conn.Write(out.B) // fails with the connection, which tells the session
	bytebufferpool.Put(out)
	s.mu.Lock()
	s.inside = 0
	s.mu.Unlock()
}

// CloseWrite ends the output behind what is queued, with the goodbye of TLS.
func (s *sealer) CloseWrite() error {
	if !s.finish() {
		return net.ErrClosed
	}
	return s.sink.CloseWrite()
}

// Close ends the connection behind the output.
func (s *sealer) Close() error {
	s.finish()
	return s.sink.Close()
}

// finish lets the output go, says goodbye, and reports whether nobody had
// before.
func (s *sealer) finish() bool {
	s.seal()
	if !s.shut() {
		return false
	}
	_ = s.conn.CloseWrite()
	return true
}
