package box

import (
	"cmp"
	"context"
	"errors"
	"net"
)

// Shutdown stops accepting and tells those who watch box.shutdown. It waits
// until they have closed their connections, for which net.box finishes its
// requests first, and until the requests of the others are answered; requests
// that come meanwhile are served. Then it closes the connections that are left,
// when their answers have left. When ctx is done first it goes on without
// waiting, and the error is ctx's cause. Afterwards the server can not be used
// again. Safe to call from any goroutine but a loop's.
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
	_ = s.announce(keyShutdown, true)
	err := s.await(ctx, func() bool { return s.turnstile.inside.Load() == 0 && s.lastRites.Load() == 0 })
	s.end()
	errs := []error{err, s.hangUp(ctx), s.await(ctx, func() bool { return s.tasks.Load() == 0 })}
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
	for _, x := range s.sessions {
		list = append(list, x)
	}
	return list
}
