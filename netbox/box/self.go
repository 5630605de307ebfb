package box

import (
	"github.com/kharon-net/kharon/netbox/internal/pipe"
	"github.com/kharon-net/kharon/reactor"
)

// Join takes in a client in this program, for netbox.Self:
//
//	conn, err := netbox.Self(ctx, srv, netbox.Options{})
//
// client is the loop that calls the client; the session is on the same one if
// that is the server's, too. The error is net.ErrClosed. Safe to call from any
// goroutine.
func (s *Server) Join(client *reactor.Loop) (*pipe.End, error) {
	r, err := s.reactor()
	if err != nil {
		return nil, err
	}
	theirs, ours := pipe.New(client, loopNear(r, client))
	x := s.newSession(ours)
	ours.Open(inside{x})
	if err := ours.Loop().Post(func() { x.OnOpen(nil) }); err != nil {
		return nil, err
	}
	return theirs, nil
}

// loopNear returns l if it is one of r's, and else any of those.
func loopNear(r *reactor.Reactor, l *reactor.Loop) *reactor.Loop {
	for i := range r.Loops() {
		if r.Loop(i) == l {
			return l
		}
	}
	return r.Next()
}

// inside is a session as the handler of a pipe.
type inside struct{ x *session }

// OnData processes every complete packet in p.
func (h inside) OnData(p []byte) int { return h.x.OnData(nil, p) }

// OnDrain goes on with what waited for the client.
func (h inside) OnDrain() { h.x.OnDrain(nil) }

// OnHangup ends what waits for the client to go.
func (h inside) OnHangup() { h.x.OnHangup(nil) }

// OnPressure is not asked for.
func (h inside) OnPressure(bool) {}

// OnClose ends the session.
func (h inside) OnClose(err error) { h.x.OnClose(nil, err) }
