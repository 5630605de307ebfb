package sockets

import (
	"context"
	"runtime/debug"

	"github.com/kharon-net/kharon/reactor"
)

// This file is the life of one connection of a Server.

// take starts the handler of a connection.
func (s *Server) take(ln *Listener, fd int, from Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.r.Next()
	if s.Mode == Fiber {
		if _, err := l.Go(s.ctx, func(ctx context.Context) { s.serve(ctx, l, ln, fd, from) }); err != nil {
			_ = sysClose(fd)
			return
		}
	} else {
		go s.serve(s.ctx, l, ln, fd, from)
	}
	s.handlers++
}

// serve is the goroutine, or the fiber, of a connection. Shutdown waits for it.
func (s *Server) serve(ctx context.Context, l *reactor.Loop, ln *Listener, fd int, from Addr) {
	defer s.finished()
	c, err := ln.s.accepted(l, fd, from)
	if err != nil { // the reactor has stopped
		return
	}
	c.join(ctx, background)
	s.enlist(c)
	defer s.dismiss(c, from)
	s.Handler(ctx, c, from)
}

// enlist makes c one of those that Shutdown closes.
func (s *Server) enlist(c *Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	if s.killed {
		_ = c.Close()
	}
}

// dismiss is deferred around the handler.
func (s *Server) dismiss(c *Socket, from Addr) {
	if v := recover(); v != nil && !reactor.Unwinding(v) {
		s.log.Error("sockets: handler panicked", "server", s.name(from), "panic", v, "stack", string(debug.Stack()))
	}
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	c.finish()
}

func (s *Server) finished() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers--
	s.wakeOne()
	s.checkIdle()
}

// lastRead bounds how much finish throws away.
const lastRead = 256 << 10

// finish ends a connection from our side, unless that has been done. What the
// peer has sent and nobody has read is thrown away first: a close with input
// left makes TCP drop the output that is still under way.
func (s *Socket) finish() {
	if s.closed.Load() || s.CloseWrite() != nil {
		_ = s.Close()
		return
	}
	_, _ = s.Discard(lastRead, NoWait)
	_ = s.Close()
}
