package box

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/reactor"
)

// errHandshake is why a connection ends that does not begin TLS.
var errHandshake = fmt.Errorf("box: no TLS handshake within ListenOptions.HandshakeTimeout: %w", os.ErrDeadlineExceeded)

// A tlsWire is TLS between a session and its connection. A goroutine shakes
// hands, because that takes milliseconds. Afterwards there is none: the loop
// decrypts what has come, all of it at once, and whoever writes at once
// encrypts.
//
//	OnData ─► tlsPort ─► tls.Conn.Read ─► plain ─► session
//	session ─► sealer ─► tls.Conn.Write ─► tlsPort ─► Conn.Write
type tlsWire struct {
	// immutable
	session *session
	raw     *reactor.Conn
	port    *tlsPort
	tls     *tls.Conn
	timeout time.Duration // of the handshake

	// owned by the loop
	plain   *bytebufferpool.ByteBuffer // decrypted and not consumed; nil: nothing
	need    int                        // bytes wanted before the session is called
	begun   bool                       // the handshake has succeeded
	paused  bool                       // PauseRead
	last    error                      // what the connection ends with behind plain; nil: it goes on
	ended   bool                       // nothing more is read
	limit   *reactor.Timer             // of the handshake; nil: none
	deliver func()                     // w.redeliver, made once

	sealer
}

func newTLSWire(s *Server, c *reactor.Conn, config *tls.Config, timeout time.Duration) *tlsWire {
	w := &tlsWire{raw: c, timeout: timeout, port: &tlsPort{raw: c}}
	w.port.wake.L = &w.port.mu
	w.tls = tls.Server(w.port, config)
	w.deliver = w.redeliver
	w.sealer.init(w.tls, c)
	w.session = s.newSession(w)
	return w
}

// OnOpen begins the handshake. Who may not stay learns of that by an end:
// telling would take a handshake.
func (w *tlsWire) OnOpen(c *reactor.Conn) {
	s := w.session.srv
	if s.join(w.session) != nil {
		_ = c.Close()
		return
	}
	if w.timeout > 0 {
		w.limit = c.Loop().AfterFunc(w.timeout, func() { w.fail(errHandshake) })
	}
	s.spawn(func() {
		err := w.tls.Handshake()
		_ = c.Loop().Post(func() { w.shaken(err) })
	})
}

// shaken goes on after the handshake.
func (w *tlsWire) shaken(err error) {
	switch {
	case w.ended:
		return
	case err != nil:
		w.fail(fmt.Errorf("box: TLS handshake: %w", err))
		return
	}
	w.stopClock()
	w.begun = true
	state := w.tls.ConnectionState()
	w.session.tls = &state
	w.port.toLoop()
	w.open()
	w.raw.ResumeRead() // if the port had too much
	w.session.welcome(nil)
	w.take() // what has come behind the handshake
}

func (w *tlsWire) stopClock() {
	if w.limit != nil {
		w.limit.Stop()
	}
}

// fail ends the connection because of err; an alert that tells the client may
// leave first.
func (w *tlsWire) fail(err error) {
	w.stop(err)
	w.finish()
	_ = w.raw.CloseWith(err)
}

// stop has nothing more be read, and counts handshakes that fail by that.
func (w *tlsWire) stop(err error) {
	if !w.begun && !w.ended && err != nil {
		w.session.srv.counts.handshakesFailed.Add(1)
	}
	w.ended = true
}

// OnData decrypts what has come, and gives it to the session.
func (w *tlsWire) OnData(c *reactor.Conn, p []byte) int {
	if w.ended {
		return len(p)
	}
	if w.port.put(p) > maxHandshake && !w.begun {
		c.PauseRead()
	}
	if w.begun {
		w.take()
	}
	return len(p)
}

// take decrypts all that the port has.
func (w *tlsWire) take() {
	for {
		n, err := w.tls.Read(w.room())
		w.plain.B = w.plain.B[:len(w.plain.B)+n]
		if err == nil {
			continue
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded): // the port has no more
		case err == io.EOF: //nolint:errorlint // bare, by the contract of io.Reader
			w.last = err
		default:
			w.last = fmt.Errorf("box: TLS: %w", err)
		}
		w.redeliver()
		return
	}
}

// room returns where a record fits.
func (w *tlsWire) room() []byte {
	const record = 16 << 10
	if w.plain == nil {
		w.plain = bytebufferpool.Get()
	}
	b := w.plain.B
	if cap(b)-len(b) < record {
		b = append(make([]byte, 0, max(2*len(b), 2*record)), b...)
		w.plain.B = b
	}
	return b[len(b):cap(b)]
}

// redeliver gives the session what is decrypted, and ends the connection if that
// was the last. While the session pauses, both wait.
func (w *tlsWire) redeliver() {
	w.offer()
	if w.last != nil && !w.paused && !w.ended {
		w.fail(w.last)
	}
	if w.plain != nil && (len(w.plain.B) == 0 || w.ended) {
		bytebufferpool.Put(w.plain)
		w.plain = nil
	}
}

// offer calls the session, and keeps what it does not consume.
func (w *tlsWire) offer() {
	if w.plain == nil || w.paused || w.ended || len(w.plain.B) < max(w.need, 1) {
		return
	}
	p := w.plain.B
	w.need = 0
	n := w.session.OnData(w.raw, p[:len(p):len(p)])
	w.plain.B = p[:copy(p, p[n:])]
}

// OnEOF ends the connection: without a goodbye, which makes no difference, as
// every packet tells its length.
func (w *tlsWire) OnEOF(*reactor.Conn, []byte) {
	switch {
	case !w.begun:
		w.fail(fmt.Errorf("box: TLS handshake: %w", io.ErrUnexpectedEOF))
	case w.last == nil:
		w.last = io.EOF
		w.redeliver()
	}
}

// OnHangup tells the session.
func (w *tlsWire) OnHangup(c *reactor.Conn) { w.session.OnHangup(c) }

// OnDrain tells the session.
func (w *tlsWire) OnDrain(c *reactor.Conn) { w.session.OnDrain(c) }

// OnClose ends the handshake, if it is under way, and the session.
func (w *tlsWire) OnClose(c *reactor.Conn, err error) {
	w.stop(err)
	w.stopClock()
	w.shut()
	w.port.end()
	w.redeliver() // which gives the buffer back
	w.session.OnClose(c, err)
}

// Loop returns the loop of the connection.
func (w *tlsWire) Loop() *reactor.Loop { return w.raw.Loop() }

// RemoteAddr returns the address of the client.
func (w *tlsWire) RemoteAddr() net.Addr { return w.raw.RemoteAddr() }

// Expect tells that fewer than n bytes are of no use.
func (w *tlsWire) Expect(n int) { w.need = n }

// PauseRead stops reading; at most what one callback has brought is decrypted
// and kept.
func (w *tlsWire) PauseRead() {
	w.paused = true
	w.raw.PauseRead()
}

// ResumeRead goes on, with what is decrypted first.
func (w *tlsWire) ResumeRead() {
	if !w.paused {
		return
	}
	w.paused, w.need = false, 0
	w.raw.ResumeRead()
	if w.plain != nil || w.last != nil {
		_ = w.raw.Loop().Post(w.deliver)
	}
}

// WantDrain asks for OnDrain when nothing is queued any more.
func (w *tlsWire) WantDrain() {
	w.seal()
	w.raw.WantDrain()
}

// Abort drops what is queued.
func (w *tlsWire) Abort(err error) {
	w.shut()
	w.raw.Abort(err)
}

// Sent returns how many bytes the kernel has taken, encrypted.
func (w *tlsWire) Sent() uint64 { return w.raw.Sent() }

var (
	_ reactor.Opener        = (*tlsWire)(nil)
	_ reactor.EOFHandler    = (*tlsWire)(nil)
	_ reactor.DrainHandler  = (*tlsWire)(nil)
	_ reactor.HangupHandler = (*tlsWire)(nil)
)
