package box

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// schemaVersion stands in every answer. The schema never changes: there is
// none.
const schemaVersion = 1

// flushAt is how much output of inline handlers collects before it is written
// though more requests are there, in bytes.
const flushAt = 128 << 10

// A session is one client, from its greeting to its disconnect. It belongs to
// the loop of its connection.
type session struct {
	// immutable
	srv  *Server
	conn *reactor.Conn
	id   uint64
	ctx  context.Context
	end  context.CancelFunc
	salt [32]byte // of the greeting

	// owned by the loop
	out     *bytebufferpool.ByteBuffer // answers of this callback; nil outside
	batch   []*Request                 // requests of this callback for the pool
	inline  Request                    // used again for each inline handler
	stopped bool                       // no more input is processed
	serial  uint64                     // requests begun
	paused  bool                       // input waits for requests or output to get less

	inFlight atomic.Int32 // requests of the pool not yet answered, batch included
	resuming atomic.Bool  // the loop has been asked to look again
	gone     atomic.Bool  // the client has disconnected
}

// accept is called by the loop for each connection.
func (s *Server) accept(c *reactor.Conn) reactor.Handler {
	x := &session{srv: s, conn: c, id: s.lastID.Add(1)}
	x.ctx, x.end = context.WithCancel(s.base)
	x.inline.session = x
	return x
}

// OnOpen greets the client.
func (x *session) OnOpen(c *reactor.Conn) {
	x.srv.mu.Lock()
	closing := x.srv.closing
	if !closing {
		x.srv.sessions[x] = struct{}{}
	}
	x.srv.mu.Unlock()
	if closing {
		_ = c.Close()
		return
	}
	_, _ = rand.Read(x.salt[:])
	greeting := iproto.Greeting{Version: x.srv.cfg.Version, UUID: x.srv.uuid, Salt: x.salt[:]}
	_ = c.Append(greeting.Append)
}

// OnData processes every complete packet in p. What the handlers on the loop
// answer collects, and leaves in one write.
func (x *session) OnData(c *reactor.Conn, p []byte) (n int) {
	if x.stopped {
		return len(p)
	}
	x.out = bytebufferpool.Get()
	defer x.leave()
	for n < len(p) && !x.stopped {
		if x.mustPause() {
			return n
		}
		size, k, err := iproto.ParseFrameLength(p[n:], x.srv.cfg.MaxPacket)
		if err != nil {
			x.refuse(iproto.Header{}, err)
			x.stopped = true
			return len(p)
		}
		if k == 0 {
			return n
		}
		end := n + k + int(size)
		if end > len(p) {
			c.Expect(end - n)
			return n
		}
		x.packet(p[n+k : end : end])
		n = end
	}
	return n
}

// leave hands over what one callback has collected, and closes the connection
// when its input can not be followed any more.
func (x *session) leave() {
	out := x.out
	x.out = nil
	if len(out.B) > 0 {
		_ = x.conn.WriteNow(out.B)
	}
	bytebufferpool.Put(out)
	if x.stopped {
		_ = x.conn.Close() // after the last word, which it lets leave
	}
	if len(x.batch) > 0 {
		x.srv.pool.put(x.batch)
		clear(x.batch)
		x.batch = x.batch[:0]
	}
}

// spill writes the output collected so far when it has become large.
func (x *session) spill() {
	if len(x.out.B) >= flushAt {
		_ = x.conn.WriteNow(x.out.B)
		x.out.B = x.out.B[:0]
	}
}

// mustPause stops the input when requests have to wait, because too many are
// under way or the client does not take the answers, until that is over.
func (x *session) mustPause() bool {
	crowded := int(x.inFlight.Load()) >= x.srv.cfg.MaxInFlight
	if !crowded {
		if len(x.out.B) > 0 || !x.full() {
			return false
		}
		x.conn.WantDrain()
	}
	x.paused = true
	x.conn.PauseRead()
	return true
}

// full reports whether more output waits for the client than it may, also when
// all that the kernel takes has been written. Safe to call from any goroutine.
func (x *session) full() bool {
	if x.conn.Queued() <= x.srv.cfg.OutputBudget {
		return false
	}
	x.conn.Flush()
	return x.conn.Queued() > x.srv.cfg.OutputBudget
}

// done is called when a request of the pool has been answered.
func (x *session) done() {
	left := int(x.inFlight.Add(-1))
	if left == x.srv.cfg.MaxInFlight/2 || left == 0 {
		x.wake()
	}
	if x.srv.inFlight.Add(-1) == 0 {
		x.srv.moved()
	}
}

// wake makes the loop look whether the input may go on. Safe to call from any
// goroutine.
func (x *session) wake() {
	if !x.resuming.Swap(true) {
		_ = x.conn.Loop().Post(x.resume)
	}
}

func (x *session) resume() {
	x.resuming.Store(false)
	if x.paused {
		x.paused = false
		x.conn.ResumeRead()
	}
}

// OnDrain goes on with the input when the client has taken the answers.
func (x *session) OnDrain(*reactor.Conn) { x.resume() }

// OnHangup ends what waits for the client to go, when the input is waiting
// for that: else neither would ever end.
func (x *session) OnHangup(*reactor.Conn) { x.end() }

// OnClose ends the session. Requests under way go on; their answers go
// nowhere.
func (x *session) OnClose(_ *reactor.Conn, err error) {
	x.gone.Store(true)
	x.end()
	x.srv.mu.Lock()
	delete(x.srv.sessions, x)
	x.srv.mu.Unlock()
	x.srv.moved()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		x.srv.log.Info("box: connection lost", "session", x.id, "peer", x.conn.RemoteAddr(), "err", err)
	}
}
