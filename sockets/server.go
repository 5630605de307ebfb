package sockets

import (
	"context"
	"log/slog"
	"net"
	"sync"

	"github.com/kharon-net/kharon/reactor"
)

// A Handler serves one connection, on a goroutine or in a fiber of its own; see
// Mode. ctx is done when the server gives its handlers up; from is the peer.
// When the handler returns the connection is shut down and closed, unless it
// has done so itself, or has detached it. When it panics that happens too, and
// the panic is logged.
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
// then call Start, or Serve for each of one's own listeners; they must not
// change afterwards.
type Server struct {
	// Handler serves a connection. It must not be nil.
	Handler Handler

	// Mode is where handlers run. 0 means Goroutine.
	Mode Mode

	// Prepare is called once, by Start, with the socket that will listen,
	// before it is bound: to set its options. SO_REUSEADDR is set by then. A
	// positive backlog replaces Backlog; an error ends Start. Nil does
	// nothing. With ReusePort it is called for each of the sockets.
	Prepare func(*Socket) (backlog int, err error)

	// Name tells servers apart in logs, where it stands before the address:
	// "name/host:port". "" means "server".
	Name string

	// Backlog is how many established connections may wait to be accepted. 0
	// means DefaultBacklog.
	Backlog int

	// MaxConns is how many connections may be served at a time. While there
	// are so many, further ones wait to be accepted. 0 means no limit.
	MaxConns int

	// ReusePort gives every loop of the reactor a listening socket of its
	// own, among which the system spreads the connections. It does not work
	// for unix sockets. False: there is one.
	ReusePort bool

	// KeepPath leaves the path of a unix socket when the server is closed.
	KeepPath bool

	// Logger is told of panics and of trouble no caller can be told of. Nil
	// is silence.
	Logger *slog.Logger

	// Reactor is where the sockets live. Nil means reactor.Default.
	Reactor *reactor.Reactor

	// immutable once begun
	r       *reactor.Reactor
	log     *slog.Logger
	ctx     context.Context // the handlers'
	giveUp  context.CancelFunc
	forsake func() bool     // ends the watch on the first caller's ctx
	taking  context.Context // done when nothing is accepted any more
	refuse  context.CancelFunc

	mu        sync.Mutex
	begun     bool
	stopped   bool // nothing is accepted any more
	killed    bool // connections are closed at once
	addr      Addr
	listeners map[*Listener]struct{}
	loops     int                  // that accept
	handlers  int                  // accepted and not finished
	reserved  int                  // places for connections that are about to be accepted
	waiting   []*reactor.Waiter    // loops that wait for a place
	conns     map[*Socket]struct{} // the handlers'
	idle      chan struct{}        // closed when stopped and nobody accepts or serves
}

// TCPServer starts a server that calls h for every connection to port on host.
// Panics of h are logged to slog.Default. For the details see Server.Start.
// Safe to call from any goroutine but a loop's.
func TCPServer(host, port string, h Handler) (*Server, error) {
	s := &Server{Handler: h, Logger: slog.Default()}
	if err := s.Start(background, host, port); err != nil {
		return nil, err
	}
	return s, nil
}

// Start listens on port of host, as Listen does, and returns; connections are
// accepted and served in the background.
//
// The ctx of the handlers is derived from ctx. When ctx is done they are told,
// and the server stops accepting as by Close.
//
// A Server is started once: again, or after Serve, is ErrInvalid, as is a
// missing handler. Safe to call from any goroutine but a loop's, and from
// fibers.
func (s *Server) Start(ctx context.Context, host, port string) error {
	if err := s.begin(ctx, false); err != nil {
		return &net.OpError{Op: "listen", Err: err}
	}
	listeners, err := s.listen(ctx, host, port)
	if err == nil {
		for _, ln := range listeners {
			if err = s.launch(ln); err != nil {
				break
			}
		}
	}
	if err != nil {
		s.stop()
		s.closeAll(ctx, listeners)
		s.end()
	}
	return err
}

// listen makes the listening sockets.
func (s *Server) listen(ctx context.Context, host, port string) (all []*Listener, err error) {
	cfg := ListenConfig{Prepare: s.Prepare, Backlog: s.Backlog, ReusePort: s.ReusePort, KeepPath: s.KeepPath,
		Reactor: s.r, spread: true}
	n := 1
	if s.ReusePort && host != unixHost {
		n = s.r.Loops()
	}
	for range n {
		ln, err := ListenContext(ctx, host, port, cfg)
		if err != nil {
			return all, err
		}
		all = append(all, ln)
		port = addrOf(ln.Addr()).Service()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr = addrOf(all[0].Addr())
	return all, nil
}

// begin checks the fields and makes what handlers need. Only Serve may come
// again.
func (s *Server) begin(ctx context.Context, again bool) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.begun && again:
		return nil
	case s.Handler == nil:
		return invalid("a server without a handler")
	case s.Mode < Goroutine || s.Mode > Fiber:
		return invalid("unknown mode")
	case s.Backlog < 0:
		return invalid("negative backlog")
	case s.MaxConns < 0:
		return invalid("negative number of connections")
	case s.begun:
		return invalid("a server that was started before")
	}
	if s.r = s.Reactor; s.r == nil {
		if s.r, err = reactor.Default(); err != nil {
			return err
		}
	}
	if s.log = s.Logger; s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.giveUp = context.WithCancel(ctx)
	s.taking, s.refuse = context.WithCancel(background)
	s.forsake = context.AfterFunc(ctx, func() { _ = s.Close() })
	s.conns, s.listeners = map[*Socket]struct{}{}, map[*Listener]struct{}{}
	s.idle = make(chan struct{})
	s.begun = true
	return nil
}

// name is what logs call the server at an address, or a connection of it.
func (s *Server) name(at Addr) string {
	if s.Name == "" {
		return "server/" + at.String()
	}
	return s.Name + "/" + at.String()
}

// Addr returns the address the server listens on, with the port the system
// chose when 0 was asked for: after Serve, that of the first listener. Before
// it is no address. Safe to call from any goroutine.
func (s *Server) Addr() Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Conns returns how many connections are being served. Safe to call from any
// goroutine.
func (s *Server) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handlers
}
