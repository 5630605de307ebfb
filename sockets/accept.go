package sockets

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// This file is the accepting loop of a Server. It is not a reactor.Listener's:
// Serve shares a Listener with whoever accepts from it, MaxConns is for all
// listeners of a server together, and a handler that is a fiber may close the
// server and find its address free, which a loop can not wait for.

const (
	// acceptBudget is how many connections a fiber accepts before the others
	// of its loop have their turn.
	acceptBudget = 64

	// When the process or the system is out of descriptors or memory the loop
	// waits and tries again, first after minBackoff.
	minBackoff = 5 * time.Millisecond
	maxBackoff = time.Second
)

// An acceptor is one accepting loop.
type acceptor struct {
	srv     *Server
	ln      *Listener
	log     *slog.Logger
	backoff time.Duration // 0: not backing off
	logged  time.Time     // when trouble was last logged
}

// launch accepts from ln in the background: on a goroutine, or in a fiber of
// the listener's loop.
func (s *Server) launch(ln *Listener) error {
	a, err := s.enter(ln, true)
	if err != nil {
		return err
	}
	if s.Mode == Goroutine {
		go func() { _ = a.run(s.taking) }() // ends with the server
		return nil
	}
	_, err = ln.s.desc.Loop().Go(s.taking, func(ctx context.Context) { _ = a.run(ctx) })
	if err != nil {
		a.leave()
	}
	return err
}

// Serve accepts from a listener and serves its connections until the server or
// the listener is closed, or ctx is done, and returns why. One server may serve
// several listeners, and several loops, and servers, one listener, which stays
// the caller's to close. Start need not have been called: then the ctx of the
// handlers is derived from the first ctx. Safe to call from any goroutine but a
// loop's, and from fibers.
func (s *Server) Serve(ctx context.Context, ln *Listener) error {
	if err := s.begin(ctx, true); err != nil {
		return ln.s.opError("serve", err)
	}
	a, err := s.enter(ln, false)
	if err != nil {
		return err
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.taking, cancel)()
	err = a.run(both)
	if ctx.Err() == nil && s.taking.Err() != nil {
		err = net.ErrClosed
	}
	return ln.s.opError("serve", err)
}

// enter counts a loop that accepts from ln, which Close closes if it is the
// server's own.
func (s *Server) enter(ln *Listener, own bool) (*acceptor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, ln.s.opError("serve", net.ErrClosed)
	}
	at := addrOf(ln.Addr())
	if s.addr.Family == 0 {
		s.addr = at
	}
	if own {
		s.listeners[ln] = struct{}{}
	}
	s.loops++
	return &acceptor{srv: s, ln: ln, log: s.log.With("server", s.name(at))}, nil
}

func (a *acceptor) leave() {
	s := a.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, a.ln)
	s.loops--
	s.checkIdle()
}

// run accepts until it fails for good.
func (a *acceptor) run(ctx context.Context) error {
	defer a.leave()
	for n := 1; ; n++ {
		err := a.one(ctx)
		if err != nil {
			err = a.survive(ctx, err)
		}
		if err != nil {
			return err
		}
		if n%acceptBudget == 0 && reactor.Current(ctx) != nil {
			_ = reactor.Yield(ctx)
		}
	}
}

// one accepts a connection and starts its handler.
func (a *acceptor) one(ctx context.Context) error {
	lim := limit{timeout: Forever, ctx: ctx}
	if a.srv.MaxConns > 0 {
		if err := a.place(ctx, &lim); err != nil {
			return err
		}
		defer a.srv.vacate()
	}
	fd, from, err := a.ln.s.acceptFD(&lim)
	if err == nil {
		a.backoff = 0
		a.srv.take(a.ln, fd, from)
	}
	return err
}

// place waits for a connection and reserves a place for it, in this order:
// another loop might need the place meanwhile.
func (a *acceptor) place(ctx context.Context, lim *limit) error {
	s := a.ln.s
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if _, err := watch(s.desc, s.fd, Readable, lim, func() bool { return false }); err != nil {
		return err
	}
	lim.timeout = NoWait // another loop may take it
	return a.srv.reserve(ctx)
}

// reserve waits until there is room for one connection more.
func (s *Server) reserve(ctx context.Context) error {
	for {
		s.mu.Lock()
		if s.handlers+s.reserved < s.MaxConns {
			s.reserved++
			s.mu.Unlock()
			return nil
		}
		w := reactor.NewWaiter(ctx)
		s.waiting = append(s.waiting, w)
		s.mu.Unlock()
		err := w.Wait(ctx, time.Time{})
		s.mu.Lock()
		for i, x := range s.waiting {
			if x == w {
				s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
				break
			}
		}
		s.mu.Unlock()
		w.Free()
		if err != nil {
			return err
		}
	}
}

// vacate ends a reservation: the connection counts itself, or there is none.
func (s *Server) vacate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved--
	s.wakeOne()
}

// wakeOne wakes a loop that waits for a place, if there is one now. Called with
// mu held.
func (s *Server) wakeOne() {
	if len(s.waiting) > 0 && s.handlers+s.reserved < s.MaxConns {
		s.waiting[0].Wake()
	}
}

// survive judges a failure to accept: nil means to try on.
func (a *acceptor) survive(ctx context.Context, err error) error {
	var errno syscall.Errno
	switch {
	case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
		return err
	case errors.Is(err, ErrTimeout):
		return nil // another loop was faster, or a deadline of the listener is over
	case !errors.As(err, &errno):
		return err
	}
	switch errno {
	case syscall.ECONNABORTED, syscall.EPROTO:
		return nil // that one connection is lost, not we
	case syscall.EBADF, syscall.EINVAL, syscall.ENOTSOCK, syscall.EOPNOTSUPP:
		a.log.Error("sockets: the listening socket is broken", "err", err)
		return err
	}
	a.backoff = min(max(2*a.backoff, minBackoff), maxBackoff)
	if now := time.Now(); now.Sub(a.logged) >= time.Second {
		a.logged = now
		a.log.Warn("sockets: accept failed, trying again", "err", err, "after", a.backoff)
	}
	return reactor.Sleep(ctx, a.backoff)
}
