package box

import (
	"net"
	"os"
	"sync"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// maxHandshake is how much may come before the handshake has taken it, in
// bytes: more than its longest message.
const maxHandshake = 512 << 10

// A tlsPort is the net.Conn that TLS is spoken over. During the handshake its
// Read waits. After that the loop reads, and what is not there yet is like a
// deadline that has passed: tls.Conn goes on from there.
type tlsPort struct {
	raw *reactor.Conn

	mu      sync.Mutex
	wake    sync.Cond // for the handshake
	in      []byte    // not yet read
	blocked bool      // the connection has ended
	begun   bool      // the loop reads
}

// put gives p, which is kept in the handshake and else read at once, and
// returns how much there is. Called on the loop.
func (t *tlsPort) put(p []byte) int {
	if t.begun {
		t.in = p
		return len(p)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.in = append(t.in, p...)
	t.wake.Signal()
	return len(t.in)
}

// toLoop ends the time of waiting. Called on the loop.
func (t *tlsPort) toLoop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun = true
}

// end fails the handshake. Called on the loop.
func (t *tlsPort) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.blocked, t.in = true, nil
	t.wake.Signal()
}

// Read returns what has come.
func (t *tlsPort) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.in) == 0 {
		switch {
		case t.blocked:
			return 0, net.ErrClosed
		case t.begun:
			return 0, os.ErrDeadlineExceeded
		}
		t.wake.Wait()
	}
	n := copy(p, t.in)
	if t.in = t.in[n:]; len(t.in) == 0 {
		t.in = nil
	}
	return n, nil
}

// Write queues a record.
func (t *tlsPort) Write(p []byte) (int, error) { return t.raw.Write(p) }

// Close does nothing: the wire closes the connection.
func (t *tlsPort) Close() error { return nil }

// LocalAddr returns the address of this end.
func (t *tlsPort) LocalAddr() net.Addr { return t.raw.LocalAddr() }

// RemoteAddr returns the address of the client.
func (t *tlsPort) RemoteAddr() net.Addr { return t.raw.RemoteAddr() }

// SetDeadline does nothing: Write does not wait, and Read only in the
// handshake, which has a timer.
func (t *tlsPort) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (t *tlsPort) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (t *tlsPort) SetWriteDeadline(time.Time) error { return nil }

var _ net.Conn = (*tlsPort)(nil)
