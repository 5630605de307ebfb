package sockets

import (
	"context"
	"net"

	"github.com/kharon-net/kharon/reactor"
)

// This file is the end of a Server.

// Close stops accepting: every Serve returns. The handlers go on. When it
// returns the address that Start listened on is free again; a listener given to
// Serve stays open. Closing twice, or before Start, is net.ErrClosed. Safe to call from any goroutine but a loop's, and from
// handlers.
func (s *Server) Close() error {
	listeners, first := s.stop()
	if !first {
		return &net.OpError{Op: "close", Net: s.Addr().Network(), Addr: s.Addr().std(), Err: net.ErrClosed}
	}
	s.closeAll(s.caller(), listeners)
	return nil
}

func (s *Server) closeAll(ctx context.Context, listeners []*Listener) {
	for _, ln := range listeners {
		_ = ln.close(ctx) // its error says that somebody has closed it first
	}
}

// caller returns the context to wait with: a handler's if that is a fiber and
// who calls.
func (s *Server) caller() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if ctx := c.where(); reactor.Current(ctx) != nil {
			return ctx
		}
	}
	return background
}

// CloseConns closes every connection that is being served: its handler finds
// net.ErrClosed. The server goes on accepting unless it was closed. Safe to
// call from any goroutine.
func (s *Server) CloseConns() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// Shutdown stops accepting and waits until every handler has returned. When
// ctx is done first, the handlers' ctx is cancelled and their connections are
// closed, and Shutdown returns ctx's cause without waiting for them any
// longer. It may be called after Close, and again. Safe to call from any
// goroutine but a handler's, which would wait for itself.
func (s *Server) Shutdown(ctx context.Context) error {
	_ = s.Close()
	s.mu.Lock()
	begun := s.begun
	s.mu.Unlock()
	if !begun {
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
func (s *Server) stop() (listeners []*Listener, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || !s.begun {
		return nil, false
	}
	s.stopped = true
	s.refuse()
	for ln := range s.listeners {
		listeners = append(listeners, ln)
	}
	s.checkIdle()
	return listeners, true
}

// checkIdle is called with mu held when something has ended.
func (s *Server) checkIdle() {
	if s.stopped && s.loops == 0 && s.handlers == 0 {
		select {
		case <-s.idle:
		default:
			close(s.idle)
		}
	}
}

// end tells the handlers that nobody waits for them any longer.
func (s *Server) end() {
	s.giveUp()
	s.forsake()
}

// kill closes every connection, present and on its way.
func (s *Server) kill() {
	s.mu.Lock()
	s.killed = true
	s.mu.Unlock()
	s.CloseConns()
}
