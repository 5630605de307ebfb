package box

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/kharon-net/kharon/reactor"
)

// A Server answers clients of the binary protocol. Make it with New, tell it
// what it can do with Func, then Listen.
type Server struct {
	// immutable
	cfg  Config
	log  *slog.Logger
	uuid string
	pool *pool
	base context.Context // of every session; done when the server is closed
	end  context.CancelFunc

	funcs    atomic.Pointer[functions] // copied on write
	lastID   atomic.Uint64             // of sessions
	inFlight atomic.Int64              // requests of the pool under way
	leaving  atomic.Bool               // Shutdown waits for progress

	// progress has room for one: who ended the last request or a session
	// sends, Shutdown receives.
	progress chan struct{}

	mu        sync.Mutex
	own       *reactor.Reactor // made by the server; nil: not yet, or Config.Reactor
	listeners []*reactor.Listener
	sessions  map[*session]struct{}
	fibers    map[*reactor.Loop]*fibers
	closing   bool
}

// functions is what a server can do. It is not changed once published.
type functions struct {
	byName map[string]*function
	eval   Eval
}

// New makes a server. The error says which field of cfg is wrong.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Logger, uuid: uuid.NewString(),
		progress: make(chan struct{}, 1), sessions: map[*session]struct{}{},
		fibers: map[*reactor.Loop]*fibers{}}
	s.base, s.end = context.WithCancel(context.Background())
	s.pool = newPool(cfg.Workers)
	s.funcs.Store(&functions{byName: map[string]*function{}})
	return s, nil
}

// Func makes f answer calls of name, which may have dots and a colon. A name
// given again replaces the function. Safe to call from any goroutine, also
// while the server runs.
func (s *Server) Func(name string, f Func) { s.FuncWith(FuncOptions{}, name, f) }

// FuncWith is Func with options. Safe to call from any goroutine, also while
// the server runs.
func (s *Server) FuncWith(o FuncOptions, name string, f Func) {
	setDefault(&o.Mode, s.cfg.Mode)
	s.change(func(fs *functions) { fs.byName[name] = &function{name: name, f: f, mode: o.Mode} })
}

// Eval makes f answer EVAL requests, which are an error without it: there is
// no Lua here. Safe to call from any goroutine, also while the server runs.
func (s *Server) Eval(f Eval) { s.change(func(fs *functions) { fs.eval = f }) }

func (s *Server) change(edit func(*functions)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.funcs.Load()
	next := &functions{byName: maps.Clone(old.byName), eval: old.eval}
	edit(next)
	s.funcs.Store(next)
}

// Listen begins to accept clients on address: "host:port", with port 0 for one
// that is free, or "unix/:path". It returns the address with the real port.
// Safe to call from any goroutine.
func (s *Server) Listen(address string) (net.Addr, error) {
	r, err := s.reactor()
	if err != nil {
		return nil, err
	}
	network, addr := "tcp", address
	if path, ok := strings.CutPrefix(address, "unix/:"); ok {
		network, addr = "unix", path
	}
	ln, err := r.Listen(network, addr, reactor.ListenConfig{}, s.accept)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		_ = ln.Close()
		return nil, net.ErrClosed
	}
	s.listeners = append(s.listeners, ln)
	return ln.Addr(), nil
}

// ListenAndServe listens on address until ctx is done, and then shuts down:
// requests under way have 3 seconds to finish. The error is why it could not
// listen, or that of Shutdown. Afterwards the server can not be used again.
// Safe to call from any goroutine but a loop's.
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	if _, err := s.Listen(address); err != nil {
		_ = s.Close()
		return err
	}
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return s.Shutdown(grace)
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
