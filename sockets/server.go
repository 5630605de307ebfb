package sockets

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"

	"github.com/kharon-net/kharon/reactor"
)

// A Handler serves one connection, on a goroutine or in a fiber of its own; see
// Mode. ctx is done when the server gives its handlers up; from is the peer. When the handler returns
// the connection is shut down and closed, unless it has done so itself. When
// it panics that happens too, and the panic is logged.
type Handler func(ctx context.Context, s *Socket, from Addr)

// A Mode is where the handlers of a server run.
type Mode int

const (
	// Goroutine runs every handler on a goroutine of its own.
	Goroutine Mode = iota

	// Fiber runs every handler as a fiber on the loop of its connection:
	// where it waits for its socket the loop goes on with others, and no
	// other thread is involved. It must not block otherwise; reactor.Await is
	// for that, and reactor.Sleep. The code is the same.
	Fiber
)

// A Server accepts connections and calls a handler for each. Set the fields,
// then call Start; they must not change afterwards.
type Server struct {
	// Handler serves a connection. It must not be nil.
	Handler Handler

	// Mode is where handlers run. 0 means Goroutine.
	Mode Mode

	// Prepare is called once, by Start, with the socket that will listen,
	// before it is bound: to set its options. SO_REUSEADDR is set by then. A
	// positive backlog replaces Backlog; an error ends Start. The socket is
	// lent until Prepare returns. Nil does nothing. With ReusePort it is
	// called for each of the sockets.
	Prepare func(*Socket) (backlog int, err error)

	// Name tells servers apart in logs. "" means "server".
	Name string

	// Backlog is how many established connections may wait to be accepted. 0
	// means the system's limit.
	Backlog int

	// ReusePort gives every loop of the reactor a listening socket of its
	// own, among which the system spreads the connections. False: one loop
	// accepts.
	ReusePort bool

	// Logger is told of panics and of trouble no caller can be told of. Nil
	// is silence.
	Logger *slog.Logger

	// Reactor is where the sockets live. Nil means reactor.Default.
	Reactor *reactor.Reactor

	// immutable after Start
	r       *reactor.Reactor
	log     *slog.Logger
	ctx     context.Context // the handlers'
	giveUp  context.CancelFunc
	forsake func() bool  // ends the watch on Start's ctx
	ready   reactor.Gate // open when all of these are set; handlers wait for it

	mu       sync.Mutex
	ln       *reactor.Listener // nil: does not listen
	addr     Addr
	started  bool
	stopped  bool                 // nothing is accepted any more
	killed   bool                 // connections are closed at once
	handlers int                  // accepted and not finished
	conns    map[*Socket]struct{} // theirs
	idle     chan struct{}        // closed when stopped and no handler runs
}

// TCPServer starts a server that calls h for every connection to port on host.
// Panics of h are logged to slog.Default. For the details see Server.Start.
// Safe to call from any goroutine.
func TCPServer(host, port string, h Handler) (*Server, error) {
	s := &Server{Handler: h, Logger: slog.Default()}
	if err := s.Start(background, host, port); err != nil {
		return nil, err
	}
	return s, nil
}

// Start listens on port of host and returns; connections are served in the
// background. An empty host, or "*", is every address of this machine; with
// port "0" the system chooses one, see Addr. With host "unix/" the port is the
// path of a unix socket: one that a server has left behind is replaced, and
// Close removes it.
//
// The ctx of the handlers is derived from ctx. When ctx is done they are told,
// and the server stops accepting as by Close.
//
// A Server is started once: again is ErrInvalid, as is a missing handler.
// Safe to call from any goroutine but a loop's.
func (s *Server) Start(ctx context.Context, host, port string) error {
	if host == "*" {
		host = ""
	}
	network, address, err := target(host, port)
	if err == nil {
		err = s.begin(ctx)
	}
	if err != nil {
		return &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if err := s.listen(network, address); err != nil {
		s.end()
		return err
	}
	s.forsake = context.AfterFunc(ctx, func() { _ = s.Close() })
	s.ready.Open()
	return nil
}

func (s *Server) begin(ctx context.Context) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.Handler == nil:
		return invalid("a server without a handler")
	case s.Mode < Goroutine || s.Mode > Fiber:
		return invalid("unknown mode")
	case s.Backlog < 0:
		return invalid("negative backlog")
	case s.started:
		return invalid("a server that was started before")
	}
	if s.r = s.Reactor; s.r == nil {
		if s.r, err = reactor.Default(); err != nil {
			return err
		}
	}
	name := s.Name
	if name == "" {
		name = "server"
	}
	if s.log = s.Logger; s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = s.log.With("server", name)
	s.ctx, s.giveUp = context.WithCancel(ctx)
	s.conns = map[*Socket]struct{}{}
	s.idle = make(chan struct{})
	s.started = true
	return nil
}

func (s *Server) listen(network, address string) error {
	cfg := reactor.ListenConfig{Backlog: s.Backlog, ReusePort: s.ReusePort}
	if s.Prepare != nil {
		cfg.Prepare = s.prepare
	}
	ln, err := s.r.ListenFunc(network, address, cfg, s.accept)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ln = ln
	s.addr = addrOf(ln.Addr())
	return nil
}

// prepare lends the socket that will listen to Prepare.
func (s *Server) prepare(fd int) (backlog int, err error) {
	lent := newSocket(nil, fd, nil)
	backlog, err = s.Prepare(lent)
	switch {
	case err != nil:
		return 0, err
	case backlog < 0:
		return 0, invalid("negative backlog")
	case lent.closed.Swap(true):
		return 0, errors.New("sockets: Prepare closed the socket that should listen")
	}
	return backlog, nil
}

// Addr returns the address the server listens on, with the port the system
// chose when 0 was asked for. Before Start it is no address. Safe to call from
// any goroutine.
func (s *Server) Addr() Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Close stops accepting. The handlers go on. When it returns the address is
// free again. Closing twice, or before Start, is net.ErrClosed. Safe to call
// from any goroutine.
func (s *Server) Close() error {
	if !s.stop() {
		return &net.OpError{Op: "close", Net: s.Addr().Network(), Addr: s.Addr(), Err: net.ErrClosed}
	}
	_ = s.ln.Close() // its error says that the reactor has closed it first
	return nil
}

// Shutdown stops accepting and waits until every handler has returned. When
// ctx is done first, the handlers' ctx is cancelled and their connections are
// closed, and Shutdown returns ctx's cause without waiting for them any
// longer. It may be called after Close, and again. Safe to call from any
// goroutine but a handler's, which would wait for itself.
func (s *Server) Shutdown(ctx context.Context) error {
	_ = s.Close()
	s.mu.Lock()
	listened := s.ln != nil
	s.mu.Unlock()
	if !listened {
		return nil
	}
	select {
	case <-s.idle:
		s.end()
		return nil
	case <-ctx.Done():
		s.end()
		s.kill()
		return context.Cause(ctx)
	}
}

// stop takes note that nothing is accepted any more and reports whether that
// is news.
func (s *Server) stop() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || s.ln == nil {
		return false
	}
	s.stopped = true
	if s.handlers == 0 {
		close(s.idle)
	}
	return true
}

// end tells the handlers that nobody waits for them any longer.
func (s *Server) end() {
	s.giveUp()
	if s.forsake != nil {
		s.forsake()
	}
}

// kill closes every connection, present and on its way.
func (s *Server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed = true
	for c := range s.conns {
		_ = c.Close()
	}
}
