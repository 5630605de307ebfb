//go:build linux

package trap

import (
	"context"
	"io"

	"github.com/kharon-net/kharon/reactor"
)

// kharonReactor is Kharon's event-driven layer.
var kharonReactor = &Subject{Name: "kharon-reactor", serve: serveReactor,
	dialInside: func(target string, done func(error)) error {
		r, err := reactor.New(reactor.Config{Loops: 1})
		if err != nil {
			return err
		}
		return r.Loop(0).Post(func() {
			_, err := r.Dial(context.Background(), "tcp", target, reactorHandler{})
			done(err)
		})
	},
	dialStopped: func(target string) error {
		r, err := reactor.New(reactor.Config{Loops: 1})
		if err != nil {
			return err
		}
		if err := r.Close(); err != nil {
			return err
		}
		_, err = r.Dial(context.Background(), "tcp", target, reactorHandler{})
		return err
	},
	Ways: map[*Trap]string{
		heldInput:    "with PauseRead",
		untakenInput: "up to Config.MaxUnconsumed",
	},
}

func serveReactor(network, addr string, app App) (*server, error) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		return nil, err
	}
	ln, err := r.Listen(network, addr, reactor.ListenConfig{}, func(*reactor.Conn) reactor.Handler {
		h := reactorHandler{app}
		if app.linger {
			return lingering{h}
		}
		return h
	})
	if err != nil {
		return nil, err
	}
	return &server{addr: ln.Addr().String(), drain: r.Shutdown, stop: r.Close}, nil
}

type reactorHandler struct{ app App }

func (h reactorHandler) OnData(c *reactor.Conn, p []byte) int {
	switch {
	case h.app.hold:
		c.PauseRead()
		return 0
	case h.app.untaken:
		return 0
	case h.app.takeNothing && len(p) < len("hello again"):
		return 0
	}
	h.app.data(reactorConn{c}, p)
	return len(p)
}

func (reactorHandler) OnClose(*reactor.Conn, error) {}

// lingering keeps connections open whose client has finished sending.
type lingering struct{ reactorHandler }

func (lingering) OnEOF(*reactor.Conn, []byte) {}

type reactorConn struct{ c *reactor.Conn }

func (r reactorConn) write(p []byte) error {
	_, err := r.c.Write(p)
	return err
}

func (r reactorConn) writeLater(p []byte) error { return r.write(p) }

func (r reactorConn) writev(bufs [][]byte) error {
	_, err := r.c.Writev(bufs...)
	return err
}

func (r reactorConn) stream(src io.Reader) error {
	_, err := io.Copy(r.c, src)
	return err
}

func (r reactorConn) close() error { return r.c.Close() }

func (r reactorConn) closeNow() error {
	r.c.Abort(nil)
	return nil
}
