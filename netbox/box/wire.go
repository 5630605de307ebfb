package box

import (
	"net"

	"github.com/kharon-net/kharon/netbox/internal/pipe"
	"github.com/kharon-net/kharon/reactor"
)

// A wire carries the bytes of a session: a *reactor.Conn, or one with TLS over
// it. It calls the session as a reactor.Conn calls its handler. The methods are
// those of reactor.Conn.
type wire interface {
	Loop() *reactor.Loop
	RemoteAddr() net.Addr

	// Safe to call from any goroutine.
	Append(f func(dst []byte) []byte) error
	Write(p []byte) (int, error)
	WriteNow(p []byte) error
	Flush()
	Queued() int
	Sent() uint64
	CloseWrite() error
	Close() error
	Abort(err error)

	// Called on the loop.
	Expect(n int)
	PauseRead()
	ResumeRead()
	WantDrain()
}

var (
	_ wire = (*reactor.Conn)(nil)
	_ wire = (*tlsWire)(nil)
	_ wire = (*pipe.End)(nil)
)
