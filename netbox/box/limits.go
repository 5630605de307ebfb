package box

import (
	"errors"
	"net"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor"
)

// Why the server closes a connection by itself; the log tells.
var (
	errIdle       = errors.New("box: no request for Config.IdleTimeout")
	errSilent     = errors.New("box: no request within Config.LoginTimeout")
	errSlowPacket = errors.New("box: a packet took longer than Config.PacketTimeout")
)

// errCrowded is what a client is told that is one too many.
var errCrowded = iproto.NewError(iproto.CodeNoConnection, "Too many connections")

// admit counts a session and tells whether it is one too many. Called with mu
// held.
func (s *Server) admit(x *session) error {
	from := host(x.conn.RemoteAddr())
	most, each := s.cfg.MaxConns, s.cfg.MaxConnsPerAddress
	if most > 0 && len(s.sessions) >= most || each > 0 && s.addresses[from] >= each {
		s.counts.refused.Add(1)
		return errCrowded
	}
	if each > 0 {
		s.addresses[from]++
	}
	return nil
}

// release is the opposite of admit. Called with mu held.
func (s *Server) release(x *session) {
	if s.cfg.MaxConnsPerAddress == 0 {
		return
	}
	from := host(x.conn.RemoteAddr())
	if s.addresses[from]--; s.addresses[from] <= 0 {
		delete(s.addresses, from)
	}
}

// host is an address without its port.
func host(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return a.String()
}

// timers are those of a session. Owned by the loop.
type timers struct {
	idle    *reactor.Timer // nil: no Config.IdleTimeout
	login   *reactor.Timer // nil: no Config.LoginTimeout
	packet  *reactor.Timer // armed while a packet is incomplete; nil: none has been
	linger  *reactor.Timer // ends who was turned away and stays; nil: nobody was
	penalty *reactor.Timer // holds back the answer to a wrong AUTH; nil: none
}

func (t *timers) stop() {
	for _, timer := range []*reactor.Timer{t.idle, t.login, t.packet, t.linger, t.penalty} {
		if timer != nil {
			timer.Stop()
		}
	}
}

// watchTheClock starts the timers of a new session.
func (x *session) watchTheClock() {
	cfg, l := &x.srv.cfg, x.conn.Loop()
	if cfg.IdleTimeout > 0 {
		x.heard = time.Now()
		x.timers.idle = l.AfterFunc(cfg.IdleTimeout, x.checkIdle)
	}
	if cfg.LoginTimeout > 0 {
		x.timers.login = l.AfterFunc(cfg.LoginTimeout, func() {
			var received kindTotals
			if x.tally.read(&received); received.sum() == 0 {
				x.dismiss(errSilent)
			}
		})
	}
}

// checkIdle closes the connection when nothing has come for long, and nothing
// is under way.
func (x *session) checkIdle() {
	left := x.srv.cfg.IdleTimeout - time.Since(x.heard)
	switch {
	case x.burden.requests() > 0 || x.stalled || x.paused:
		left = x.srv.cfg.IdleTimeout
	case left <= 0:
		x.dismiss(errIdle)
		return
	}
	x.timers.idle.Reset(left)
}

// awaitPacket takes note that the input ends within a packet, or not.
func (x *session) awaitPacket(incomplete bool) {
	limit := x.srv.cfg.PacketTimeout
	switch t := x.timers.packet; {
	case limit == 0:
	case !incomplete:
		if x.inPacket {
			x.inPacket = false
			t.Stop()
		}
	case x.inPacket:
	case t == nil:
		x.inPacket = true
		x.timers.packet = x.conn.Loop().AfterFunc(limit, func() { x.dismiss(errSlowPacket) })
	default:
		x.inPacket = true
		t.Reset(limit)
	}
}

// dismiss closes the connection for a reason of the server's. Called on the
// loop.
func (x *session) dismiss(why error) {
	x.srv.log.Info("box: closing connection", "session", x.id, "peer", x.conn.RemoteAddr(), "err", why)
	_ = x.conn.Close()
}
