//go:build linux

package peer

import "github.com/kharon-net/kharon/reactor"

// kharonReactor is the event-driven layer: handlers on the loop. Pushes use
// Conn.Write from the producer's goroutine.
var kharonReactor = &Peer{Name: "kharon-reactor",
	starts: map[Kind]start{
		Echo: func(listen string) (string, error) {
			return startReactor(listen, func(*reactor.Conn) reactor.Handler { return reactorEcho{} })
		},
		UDP: startReactorUDP,
		Push: func(listen string) (string, error) {
			p := newProducer()
			return startReactor(listen, func(c *reactor.Conn) reactor.Handler {
				return reactorPush{p.add(func(m []byte) error {
					_, err := c.Write(m)
					return err
				})}
			})
		},
	},
	missing: map[Kind]string{Line: "a handler that waits stalls its loop: kharon-sockets is the layer for it"},
}

func startReactor(listen string, h func(*reactor.Conn) reactor.Handler) (string, error) {
	r, err := reactor.New(reactor.Config{})
	if err != nil {
		return "", err
	}
	ln, err := r.Listen("tcp", listen, reactor.ListenConfig{}, h)
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), nil
}

// reactorEcho sends back what it gets, and reads no more while the client does
// not.
type reactorEcho struct{}

func (reactorEcho) OnOpen(c *reactor.Conn) { c.SetWatermarks(0, 1<<20) }

func (reactorEcho) OnData(c *reactor.Conn, p []byte) int {
	_ = c.WriteNow(p)
	return len(p)
}

func (reactorEcho) OnPressure(c *reactor.Conn, high bool) {
	if high {
		c.PauseRead()
	} else {
		c.ResumeRead()
	}
}

func (reactorEcho) OnClose(*reactor.Conn, error) {}

type reactorPush struct{ t *target }

func (h reactorPush) OnData(_ *reactor.Conn, p []byte) int {
	h.t.asked(len(p))
	return len(p)
}

func (reactorPush) OnClose(*reactor.Conn, error) {}
