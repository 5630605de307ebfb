package sockets

import (
	"context"
	"net"
	"runtime/debug"

	"github.com/kharon-net/kharon/reactor"
)

// This file is the life of one connection of a Server.

// accept is called by the loop with a new connection, which is to live on l.
func (s *Server) accept(l *reactor.Loop, fd int, remote net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		_ = sysClose(fd)
		return
	}
	if s.Mode == Fiber {
		if _, err := l.Go(s.ctx, func(ctx context.Context) { s.serve(ctx, l, fd, remote) }); err != nil {
			_ = sysClose(fd)
			return
		}
	} else {
		go s.serve(s.ctx, l, fd, remote)
	}
	s.handlers++
}

// serve is the goroutine, or the fiber, of a connection. Shutdown waits for it.
func (s *Server) serve(ctx context.Context, l *reactor.Loop, fd int, remote net.Addr) {
	defer s.finished()
	if s.ready.Wait(ctx) != nil {
		_ = sysClose(fd)
		return
	}
	desc, err := l.Watch(fd)
	if err != nil { // the reactor has stopped
		_ = sysClose(fd)
		return
	}
	c := newSocket(desc, fd, remote)
	c.joinFiber(ctx)
	if c.stream {
		_ = sysNoDelay(fd, true)
	}
	s.enlist(c)
	defer s.dismiss(c)
	s.Handler(ctx, c, addrOf(remote))
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
func (s *Server) dismiss(c *Socket) {
	if v := recover(); v != nil && !reactor.Unwinding(v) {
		s.log.Error("sockets: handler panicked", "peer", c.remote, "panic", v, "stack", string(debug.Stack()))
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
	if s.handlers == 0 && s.stopped {
		close(s.idle)
	}
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
