package sockets

import (
	"context"

	"github.com/kharon-net/kharon/reactor"
)

// This file is about who waits: a goroutine or a fiber, and until when.

// WithContext returns another handle of the same socket, whose calls stop
// waiting when ctx is done: with ErrTimeout and context.DeadlineExceeded when
// its deadline has passed, otherwise with context.Canceled and ctx's cause.
// They take nothing from the stream then. When ctx belongs to the fiber that
// calls WithContext, they yield in it. Closing one handle closes all. Safe to
// call from any goroutine, and from fibers.
func (s *Socket) WithContext(ctx context.Context) *Socket {
	h := &Socket{state: s.state}
	h.join(ctx, ctx)
	return h
}

// join makes the handle, which nobody else knows yet, one of the fiber that
// ctx belongs to, if that is the caller. Its waits end with until.
func (s *Socket) join(ctx, until context.Context) {
	s.ctx = until
	if x := reactor.Current(ctx); x != nil {
		s.fiber, s.inner = x, x.Context(until)
	}
}

// child makes s one of whom the parent handle belongs to.
func (s *Socket) child(of *Socket) *Socket {
	s.ctx, s.fiber, s.inner = of.ctx, of.fiber, of.inner
	return s
}

// where returns the context for the caller to wait with: the fiber's if that
// is who calls.
func (s *Socket) where() context.Context {
	if s.fiber != nil && s.fiber.Running() {
		return s.inner
	}
	return s.ctx
}

// loopOf returns the loop for a socket made on behalf of ctx: a fiber's own, if
// it is one of r's.
func loopOf(ctx context.Context, r *reactor.Reactor) *reactor.Loop {
	if x := reactor.Current(ctx); x != nil {
		if l := x.Loop(); l.ID() < r.Loops() && r.Loop(l.ID()) == l {
			return l
		}
	}
	return r.Next()
}
