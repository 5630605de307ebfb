package box

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

const (
	// linger is how long a client that was turned away may take to close.
	linger = time.Second
	// maxLingering is how many of them may do so at once, so that turning
	// away bounds the descriptors in use.
	maxLingering = 128
)

// A session is one client, from its greeting to its disconnect. It belongs to
// the loop of its connection.
type session struct {
	// immutable
	srv  *Server
	conn wire
	id   uint64
	ctx  context.Context
	end  context.CancelFunc
	salt [32]byte // of the greeting

	// owned by the loop
	out        *bytebufferpool.ByteBuffer // answers of this callback, or of the fibers of this turn; nil outside
	batch      []*Request                 // requests of this callback for the pool
	fiberBatch []*Request                 // and for the fibers
	inline     Request                    // used again for each inline handler
	stopped    bool                       // no more input is processed
	stalled    bool                       // input waits for an AUTH or a trigger to end
	postponed  bool                       // the packet just looked at has to come again
	lingers    bool                       // turned away, and has not closed yet
	admitted   bool                       // one of those that Config.MaxConns counts
	welcomed   bool                       // greeted, and not turned away
	tls        *tls.ConnectionState       // nil: not encrypted
	received   uint64                     // packets, for mustPause
	paused     bool                       // input waits for requests or output to get less
	failures   int                        // AUTH requests with wrong credentials
	features   iproto.Features            // that the client has announced
	fibers     *fibers                    // of the loop; nil: none has been asked for
	board      *board                     // of the loop; nil: nothing has been watched
	watches    map[string]*watch          // by key; nil: none
	watchBytes int                        // of their keys
	parked     []*watch                   // whose events wait for the output to drain
	timers     timers
	inPacket   bool      // timers.packet is armed
	heard      time.Time // when input came last, if Config.IdleTimeout is set

	burden   burden      // requests not yet answered but those Inline, batch included
	crowded  atomic.Bool // input waits for requests to end
	resuming atomic.Bool // the loop has been asked to look again
	gone     atomic.Bool // the client has disconnected

	user     atomic.Pointer[account]
	storage  sync.Map
	tally    tally // of requests
	counts   sessionCounts
	outbox   outbox
	underway underway
	streams  streams

	queued bool // in the queue of the turnstile, whose mutex guards it

	connecting sync.WaitGroup // the triggers of OnConnect
}

// newSession makes a session of a connection.
func (s *Server) newSession(conn wire) *session {
	x := &session{srv: s, conn: conn, id: s.lastID.Add(1)}
	x.ctx, x.end = context.WithCancel(s.base)
	x.inline.session, x.inline.ctx = x, x.ctx
	x.user.Store(s.account(guestName))
	return x
}

// OnOpen greets the client.
func (x *session) OnOpen(*reactor.Conn) { x.welcome(x.srv.join(x)) }

// welcome greets a client, and turns it away if it may not stay because of
// err.
func (x *session) welcome(err error) {
	if errors.Is(err, net.ErrClosed) {
		_ = x.conn.Close()
		return
	}
	_, _ = rand.Read(x.salt[:])
	greeting := iproto.Greeting{Version: x.srv.cfg.Version, UUID: x.srv.uuid.String(), Salt: x.salt[:]}
	_ = x.conn.Append(greeting.Append)
	if err != nil {
		x.turnAway(err)
		return
	}
	x.welcomed = true
	x.watchTheClock()
	x.srv.cfg.Trace.connected(x)
	x.connected()
}

// join makes x one of the sessions of the server. The error is net.ErrClosed,
// or what the client is told.
func (s *Server) join(x *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return net.ErrClosed
	}
	if err := s.admit(x); err != nil {
		return err
	}
	x.admitted = true
	s.sessions[x.id] = x
	s.counts.connections.Add(1)
	return nil
}

// turnAway is the last word to a client that may not stay.
func (x *session) turnAway(err error) {
	x.stopped, x.stalled = true, false
	e := replyTo(err, "")
	_ = x.conn.Append(func(dst []byte) []byte { return e.AppendReply(dst, 0, x.srv.schemaVersion()) })
	x.hangUp()
}

// hangUp ends a session after a last word. What the client sends is read and
// dropped until it has closed, or linger is over: a connection that is closed
// with input unread is reset, and the client might not see the word.
func (x *session) hangUp() {
	if x.lingers {
		return
	}
	if x.srv.lingering.Add(1) > maxLingering {
		x.srv.lingering.Add(-1)
		_ = x.conn.Close()
		return
	}
	x.lingers = true
	_ = x.conn.CloseWrite()
	x.resume()
	x.timers.linger = x.conn.Loop().AfterFunc(linger, func() { _ = x.conn.Close() })
}

// OnHangup ends what waits for the client to go, when the input is waiting
// for that: else neither would ever end.
func (x *session) OnHangup(*reactor.Conn) {
	x.end()
	x.drained()
}

// OnClose ends the session. Requests under way go on; their answers go
// nowhere.
func (x *session) OnClose(_ *reactor.Conn, err error) {
	x.gone.Store(true)
	x.end()
	x.drained()
	if x.lingers {
		x.srv.lingering.Add(-1)
	}
	x.timers.stop()
	x.unwatchAll()
	x.streams.close()
	if x.welcomed {
		x.srv.cfg.Trace.disconnected(x, err)
		x.disconnected()
	}
	x.srv.leave(x) // last, so that Shutdown finds what is still to be done
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		x.srv.log.Info("box: connection lost", "session", x.id, "peer", x.conn.RemoteAddr(), "err", err)
	}
}

// leave is the opposite of join.
func (s *Server) leave(x *session) {
	s.mu.Lock()
	if x.admitted {
		delete(s.sessions, x.id)
		s.release(x)
		s.past.add(x)
	}
	s.mu.Unlock()
	s.turnstile.next()
	s.moved()
}
