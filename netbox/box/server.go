package box

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/kharon-net/kharon/reactor"
)

// A Server answers clients of the binary protocol. Make it with New, tell it
// what it can do with Func, then Listen.
type Server struct {
	// immutable
	cfg      Config
	log      *slog.Logger
	uuid     uuid.UUID
	protocol uint64 // version of the protocol; 0: without ID
	pool     *pool
	base     context.Context // of every session; done when the server is closed
	end      context.CancelFunc

	funcs     atomic.Pointer[functions] // copied on write
	overrides atomic.Pointer[overrides] // copied on write; nil: none
	tx        atomic.Pointer[TxHandler]
	sql       atomic.Pointer[SQL]
	schema    atomic.Pointer[schema]
	lastID    atomic.Uint64 // of sessions
	tasks     atomic.Int64  // goroutines of spawn under way
	lastRites atomic.Int64  // sessions that watch box.shutdown
	lingering atomic.Int32  // clients that were turned away and have not closed
	leaving   atomic.Bool   // Shutdown waits for progress
	turnstile turnstile
	topics    topics
	counts    serverCounts

	// progress has room for one: who ended the last request or a session
	// sends, Shutdown receives.
	progress chan struct{}

	mu        sync.Mutex
	own       *reactor.Reactor // made by the server; nil: not yet, or Config.Reactor
	listeners []*reactor.Listener
	sessions  map[uint64]*session // by ID
	addresses map[string]int      // sessions by the address of the client, without port
	users     map[string]*account
	fibers    map[*reactor.Loop]*fibers
	boards    map[*reactor.Loop]*board
	past      sessionTotals // of the sessions that have ended
	closing   bool
}

// New makes a server. The error says which field of cfg is wrong.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Logger, uuid: uuid.New(), protocol: protocolOf(cfg.Version),
		progress: make(chan struct{}, 1), sessions: map[uint64]*session{}, addresses: map[string]int{},
		users: map[string]*account{}, fibers: map[*reactor.Loop]*fibers{}, boards: map[*reactor.Loop]*board{}}
	s.base, s.end = context.WithCancel(context.Background())
	s.pool = newPool(cfg.Workers)
	s.funcs.Store(&functions{byName: map[string]*function{}, fallback: unknown})
	s.schema.Store(&schema{version: firstSchemaVersion})
	s.turnstile.idle = s.moved
	s.turnstile.limit.Store(int64(cfg.MaxRequests))
	if err := s.SetUser(User{Name: guestName, Rights: All}); err != nil {
		return nil, err
	}
	s.announceSystem()
	return s, nil
}

// ListenAndServe listens on address until ctx is done, and then shuts down,
// for which Config.ShutdownTimeout is the time. The error is why it could not
// listen, or that of Shutdown. Afterwards the server can not be used again.
// Safe to call from any goroutine but a loop's.
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	if _, err := s.Listen(address); err != nil {
		_ = s.Close()
		return err
	}
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ShutdownTimeout)
	defer cancel()
	return s.Shutdown(grace)
}

// SetMaxRequests changes Config.MaxRequests; 0 is no limit. Connections that
// wait go on as far as they may. Safe to call from any goroutine.
func (s *Server) SetMaxRequests(n int) { s.turnstile.setLimit(max(n, 0)) }

// Reactor returns the reactor that runs the connections: Config.Reactor, or the
// server's own, which the first call of this, of Listen or of Join starts, and
// which ends with the server. It has Stats of its own, and is where a handler
// may run fibers. The error is why there is none: net.ErrClosed, or that of
// reactor.New. Safe to call from any goroutine.
func (s *Server) Reactor() (*reactor.Reactor, error) {
	s.mu.Lock()
	r := cmp.Or(s.cfg.Reactor, s.own)
	s.mu.Unlock()
	if r != nil {
		return r, nil
	}
	return s.reactor()
}

// Config returns the configuration with the values that stand for what was zero.
// Reactor is nil when it was, see Server.Reactor; MaxRequests is what
// SetMaxRequests has made of it. Safe to call from any goroutine.
func (s *Server) Config() Config {
	cfg := s.cfg
	cfg.MaxRequests = int(s.turnstile.limit.Load())
	return cfg
}

// reactor returns the reactor of the server, started if need be.
func (s *Server) reactor() (*reactor.Reactor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return nil, net.ErrClosed
	case s.cfg.Reactor != nil:
		return s.cfg.Reactor, nil
	case s.own != nil:
		return s.own, nil
	}
	r, err := reactor.New(reactor.Config{Logger: s.cfg.Logger})
	if err != nil {
		return nil, err
	}
	s.own = r
	return r, nil
}
