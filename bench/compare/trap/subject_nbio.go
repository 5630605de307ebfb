//go:build linux

package trap

import (
	"context"
	"io"
	"net"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/logging"
)

// nbioSubject is nbio's engine with its defaults: level-triggered, output
// without a limit. Where input is to stay it is one-shot, with OnRead.
var nbioSubject = &Subject{Name: "nbio", Module: "github.com/lesismal/nbio",
	serve: serveNbio, dialInside: nbioDialInside, dialStopped: nbioDialStopped,
	Ways: map[*Trap]string{heldInput: "with EPOLLONESHOT and OnRead"},
	Absent: map[*Trap]string{
		untakenInput: "a handler is given the bytes, and what becomes of them is its affair",
		takeNothing:  "there is no call that takes",
	},
}

func serveNbio(network, addr string, app App) (*server, error) {
	logging.SetLevel(logging.LevelNone)
	var ln net.Listener
	cfg := nbio.Config{Network: network, Addrs: []string{addr}, NPoller: 1}
	cfg.Listen = func(network, addr string) (l net.Listener, err error) {
		ln, err = net.Listen(network, addr)
		return ln, err
	}
	if app.hold {
		cfg.EpollMod, cfg.EPOLLONESHOT = nbio.EPOLLET, nbio.EPOLLONESHOT
	}
	e := nbio.NewEngine(cfg)
	e.OnData(func(c *nbio.Conn, p []byte) { app.data(nbioConn{c}, p) })
	if app.hold {
		e.OnRead(func(*nbio.Conn) {}) // not armed again before ResetPollerEvent
	}
	if err := e.Start(); err != nil {
		return nil, err
	}
	return &server{addr: ln.Addr().String(), drain: e.Shutdown, stop: func() error {
		e.Stop()
		return nil
	}}, nil
}

type nbioConn struct{ c *nbio.Conn }

func (n nbioConn) write(p []byte) error {
	_, err := n.c.Write(p)
	return err
}

func (n nbioConn) writeLater(p []byte) error { return n.write(p) }

func (n nbioConn) writev(bufs [][]byte) error {
	_, err := n.c.Writev(bufs)
	return err
}

func (n nbioConn) stream(r io.Reader) error {
	_, err := io.Copy(n.c, r)
	return err
}

func (n nbioConn) close() error { return n.c.Close() }

func (n nbioConn) closeNow() error { return n.c.Close() }

func newNbioClient(data func(*nbio.Engine)) (*nbio.Engine, error) {
	logging.SetLevel(logging.LevelNone)
	e := nbio.NewEngine(nbio.Config{NPoller: 1})
	e.OnData(func(*nbio.Conn, []byte) { data(e) })
	return e, e.Start()
}

func nbioDialInside(target string, done func(error)) error {
	e, err := newNbioClient(func(e *nbio.Engine) {
		done(e.DialAsync("tcp", target, func(*nbio.Conn, error) {}))
	})
	if err != nil {
		return err
	}
	return e.DialAsync("tcp", target, func(c *nbio.Conn, err error) {
		if err == nil {
			_, err = c.Write([]byte("dial")) // the target sends it back
		}
		if err != nil {
			done(err)
		}
	})
}

func nbioDialStopped(target string) error {
	e, err := newNbioClient(func(*nbio.Engine) {})
	if err != nil {
		return err
	}
	if err := e.Shutdown(context.Background()); err != nil {
		return err
	}
	connected := make(chan error, 1)
	if err := e.DialAsync("tcp", target, func(_ *nbio.Conn, err error) { connected <- err }); err != nil {
		return err
	}
	return <-connected
}
