package box

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
)

// A Session is a client as one of its requests, a trigger or the server
// (Server.Sessions) sees it. It is a small value. Pushes are for the time of the request; after that they fail
// with ErrRequestDone, as they do from a trigger.
type Session struct {
	x      *session
	ctx    context.Context // what Push waits with
	to     target
	policy SlowReader
}

// background is the session as a trigger sees it.
func (x *session) background() Session {
	return Session{x: x, ctx: x.ctx, policy: x.srv.cfg.SlowReader}
}

// Sessions returns the clients that are connected, those who came first in
// front. Safe to call from any goroutine.
func (s *Server) Sessions() []Session {
	open := s.open()
	slices.SortFunc(open, func(a, b *session) int { return cmp.Compare(a.id, b.id) })
	list := make([]Session, len(open))
	for i, x := range open {
		list[i] = x.background()
	}
	return list
}

// ID returns the number of the session, from 1, which no other session of the
// server has. Safe to call from any goroutine.
func (s Session) ID() uint64 { return s.x.id }

// Peer returns the address of the client, also when it has disconnected. Safe
// to call from any goroutine.
func (s Session) Peer() net.Addr { return s.x.conn.RemoteAddr() }

// TLS returns what the client and the server have agreed on, with the
// certificates of the client if ListenOptions.TLS asks for them; nil when the
// connection is not encrypted. It must not be changed. Safe to call from any
// goroutine.
func (s Session) TLS() *tls.ConnectionState { return s.x.tls }

// User returns the name of the session's user: "guest" until an AUTH request
// changes that. Safe to call from any goroutine.
func (s Session) User() string { return s.x.user.Load().name }

// Sync returns the number by which the client knows the request, 0 in a
// trigger. Safe to call from any goroutine.
func (s Session) Sync() uint64 { return s.to.sync }

// Connected reports whether the client has not disconnected. Safe to call from
// any goroutine.
func (s Session) Connected() bool { return !s.x.gone.Load() }

// Storage returns what handlers keep for the time of the session: it is empty
// when the client connects and goes with it. Safe to call from any goroutine.
func (s Session) Storage() *sync.Map { return &s.x.storage }

// Disconnect closes the connection when the output has left. Safe to call from
// any goroutine.
func (s Session) Disconnect() { _ = s.x.conn.Close() }

// With returns the session with another policy for its pushes than the one of
// Config or FuncOptions. Safe to call from any goroutine.
func (s Session) With(p SlowReader) Session {
	s.policy = p
	return s
}
