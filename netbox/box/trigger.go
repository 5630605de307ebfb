package box

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
)

// OnConnect has f called for every client before anything of it is read, in
// the order in which functions were given. An error turns the client away: it
// gets it after the greeting. Safe to call from any goroutine.
func (s *Server) OnConnect(f func(ctx context.Context, client Session) error) {
	s.change(func(fs *functions) { fs.onConnect = append(slices.Clip(fs.onConnect), f) })
}

// OnDisconnect has f called once for every client that has disconnected, at
// once: requests of it may still be under way. Safe to call from any
// goroutine.
func (s *Server) OnDisconnect(f func(client Session)) {
	s.change(func(fs *functions) { fs.onDisconnect = append(slices.Clip(fs.onDisconnect), f) })
}

// OnAuth has f called for every AUTH request with the name it gives and
// whether the credentials are right. An error then fails it. Safe to call from
// any goroutine.
func (s *Server) OnAuth(f func(ctx context.Context, client Session, user string, ok bool) error) {
	s.change(func(fs *functions) { fs.onAuth = append(slices.Clip(fs.onAuth), f) })
}

// connected runs the triggers for a new client, whose input waits meanwhile.
func (x *session) connected() {
	triggers := x.srv.funcs.Load().onConnect
	if len(triggers) == 0 {
		return
	}
	x.stalled = true
	x.pause()
	x.connecting.Add(1)
	x.srv.spawn(func() {
		defer x.connecting.Done()
		for _, f := range triggers {
			if err := x.srv.guard(func() error { return f(x.ctx, x.background()) }); err != nil {
				_ = x.conn.Loop().Post(func() { x.turnAway(err) })
				return
			}
		}
		x.later(func() {})
	})
}

// disconnected runs the triggers for a client that has gone.
func (x *session) disconnected() {
	triggers := x.srv.funcs.Load().onDisconnect
	if len(triggers) == 0 {
		return
	}
	x.srv.spawn(func() {
		x.connecting.Wait()
		for _, f := range triggers {
			_ = x.srv.guard(func() error { f(x.background()); return nil })
		}
	})
}

// spawn runs f on a goroutine that Shutdown waits for. Safe to call from any
// goroutine.
func (s *Server) spawn(f func()) {
	s.tasks.Add(1)
	go func() {
		defer func() {
			if s.tasks.Add(-1) == 0 {
				s.moved()
			}
		}()
		f()
	}()
}

// guard makes an error of a panic in f.
func (s *Server) guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.counts.panics.Add(1)
			s.log.Error("box: trigger panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("trigger panicked: %v", v)
		}
	}()
	return f()
}

// later has the loop end a stall with f, which may answer. Safe to call from
// any goroutine.
func (x *session) later(f func()) {
	_ = x.conn.Loop().Post(func() { x.resumeWith(f) })
}

// resumeWith ends a stall with f, which may answer, and may begin the next
// stall. Called on the loop, but not in OnData.
func (x *session) resumeWith(f func()) {
	x.stalled = false
	if x.gone.Load() {
		return
	}
	x.collect()
	f()
	x.leave()
	x.resume()
}
