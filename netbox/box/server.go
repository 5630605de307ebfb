package box

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// Config configures a Server. The zero value works.
type Config struct {
	// Mode is how handlers run that were registered without a mode of their
	// own. 0 means Goroutine.
	Mode Mode

	// Workers is how many handlers may run at once in the mode Goroutine;
	// further requests wait. 0 means 10,000.
	Workers int

	// MaxInFlight is how many requests of one connection may be under way
	// before its input is no longer read. Nothing is rejected. 0 means 4096.
	MaxInFlight int

	// MaxPacket is the longest packet accepted, in bytes. A longer one ends
	// the connection with an error that says so. 0 means 2 GiB, as in
	// Tarantool, which is also the most.
	MaxPacket uint64

	// OutputBudget is how much output, in bytes, may wait for a peer that
	// does not read. Beyond it the connection's input is not read and pushes
	// fail with ErrOutputFull. 0 means 64 MiB.
	OutputBudget int

	// Version is what the greeting announces: three numbers and at most two
	// more characters. Empty means "3.3.0": clients of Tarantool ask a server
	// of 2.10 or later for its features.
	Version string

	// Reactor runs the connections. Nil means one of the server's own, with
	// a loop for every processor.
	Reactor *reactor.Reactor

	// Logger is told of panics in handlers and of broken connections. Nil is
	// silence.
	Logger *slog.Logger
}

func (c *Config) check() error {
	if c.Mode < 0 || c.Mode > Inline {
		return fmt.Errorf("box: Config.Mode is %d, want Goroutine or Inline", c.Mode)
	}
	if c.Workers < 0 || c.MaxInFlight < 0 || c.OutputBudget < 0 {
		return errors.New("box: Config.Workers, MaxInFlight and OutputBudget must not be negative")
	}
	if c.MaxPacket > iproto.MaxPacket {
		return fmt.Errorf("box: Config.MaxPacket is %d, want at most %d", c.MaxPacket, uint64(iproto.MaxPacket))
	}
	setDefault(&c.Version, "3.3.0")
	greeting := iproto.Greeting{Version: c.Version, UUID: uuid.Nil.String(), Salt: make([]byte, 32)}
	if _, _, err := iproto.ParseGreeting(greeting.Append(nil)); err != nil {
		return fmt.Errorf("box: Config.Version is %q, want something like 3.3.0: %w", c.Version, err)
	}
	setDefault(&c.Mode, Goroutine)
	setDefault(&c.Workers, 10_000)
	setDefault(&c.MaxInFlight, 4096)
	setDefault(&c.MaxPacket, iproto.MaxPacket)
	setDefault(&c.OutputBudget, 64<<20)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

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
		progress: make(chan struct{}, 1), sessions: map[*session]struct{}{}}
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

// Shutdown stops accepting, waits until the requests under way are answered,
// and closes the connections when the answers have left. When ctx is done
// first it goes on without waiting, and the error is ctx's cause. Afterwards
// the server can not be used again. Safe to call from any goroutine but a
// loop's.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	listeners, own := s.listeners, s.own
	s.mu.Unlock()
	if !first {
		return net.ErrClosed
	}
	for _, ln := range listeners {
		_ = ln.Close()
	}
	s.leaving.Store(true)
	err := s.await(ctx, func() bool { return s.inFlight.Load() == 0 })
	s.end()
	errs := []error{err, s.hangUp(ctx)}
	if own != nil {
		errs = append(errs, own.Shutdown(ctx))
	}
	s.pool.close()
	return cmp.Or(errs...) // mostly the same cause again
}

// Close ends the server at once: connections are dropped, handlers see their
// context cancelled. Safe to call from any goroutine but a loop's.
func (s *Server) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// hangUp closes the connections and waits until their output has left, or
// drops what is left of them when ctx is done first.
func (s *Server) hangUp(ctx context.Context) error {
	gone := func() bool { return len(s.open()) == 0 }
	for _, x := range s.open() {
		_ = x.conn.Close()
	}
	err := s.await(ctx, gone)
	for _, x := range s.open() {
		x.conn.Abort(err)
	}
	_ = s.await(context.WithoutCancel(ctx), gone)
	return err
}

// await waits until done.
func (s *Server) await(ctx context.Context, done func() bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for !done() {
		select {
		case <-s.progress:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// moved tells Shutdown that there is progress. Safe to call from any
// goroutine.
func (s *Server) moved() {
	if s.leaving.Load() {
		select {
		case s.progress <- struct{}{}:
		default:
		}
	}
}

// open returns the sessions that are connected.
func (s *Server) open() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*session, 0, len(s.sessions))
	for x := range s.sessions {
		list = append(list, x)
	}
	return list
}
