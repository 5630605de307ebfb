//go:build linux

package trap

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"time"

	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"
)

// gnetSubject is gnet's engine with its defaults.
var gnetSubject = &Subject{Name: "gnet", Module: "github.com/panjf2000/gnet/v2",
	serve: serveGnet, dialInside: gnetDialInside, dialStopped: gnetDialStopped,
	Ways: map[*Trap]string{
		heldInput:         "there is no way to stop reading",
		addressAgain:      "WithReuseAddr is off by default",
		dialInHandler:     "with Client.Dial (EventLoop.Register would not wait)",
		foreignDescriptor: "after EventLoop.Close, in the same callback",
	},
}

// engine is an EventHandler that does what an App wants.
type engine struct {
	gnet.BuiltinEventEngine
	app    App
	eng    gnet.Engine
	booted chan struct{} // closed by OnBoot
}

func (e *engine) OnBoot(eng gnet.Engine) gnet.Action {
	e.eng = eng
	close(e.booted)
	return gnet.None
}

func (e *engine) OnTraffic(c gnet.Conn) gnet.Action {
	if e.app.hold || e.app.untaken { // there is no other way to hold anything
		return gnet.None
	}
	if e.app.takeNothing {
		_, _ = c.Discard(0)
	}
	p, _ := c.Next(-1)
	e.app.data(gnetConn{c}, p)
	return gnet.None
}

func serveGnet(network, addr string, app App) (*server, error) {
	e := &engine{app: app, booted: make(chan struct{})}
	failed := make(chan error, 1)
	go func() { failed <- gnet.Run(e, network+"://"+addr, gnet.WithLogger(quiet{})) }()
	select {
	case err := <-failed:
		return nil, err
	case <-e.booted:
	}
	time.Sleep(50 * time.Millisecond) // OnBoot comes before the loops run
	if !filepath.IsAbs(addr) {
		var err error
		if addr, err = e.listens(); err != nil {
			return nil, err
		}
	}
	stop := func(ctx context.Context) error { return e.eng.Stop(ctx) }
	return &server{addr: addr, drain: stop, stop: func() error { return stop(context.Background()) }}, nil
}

// listens asks the system for the address.
func (e *engine) listens() (string, error) {
	fd, err := e.eng.Dup()
	if err != nil {
		return "", err
	}
	defer func() { _ = unix.Close(fd) }()
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return "", err
	}
	in := sa.(*unix.SockaddrInet4)
	return (&net.TCPAddr{IP: in.Addr[:], Port: in.Port}).String(), nil
}

// gnetConn calls what may be called where.
type gnetConn struct{ c gnet.Conn }

func (g gnetConn) write(p []byte) error {
	_, err := g.c.Write(p)
	return err
}

func (g gnetConn) writeLater(p []byte) error { return g.c.AsyncWrite(p, nil) }

func (g gnetConn) writev(bufs [][]byte) error {
	_, err := g.c.Writev(bufs)
	return err
}

func (g gnetConn) stream(r io.Reader) error {
	if _, err := g.c.ReadFrom(r); err != nil {
		return err
	}
	return g.c.Flush()
}

func (g gnetConn) close() error { return g.c.Close() }

func (g gnetConn) closeNow() error { return g.c.EventLoop().Close(g.c) }

// gnetDialInside dials in a handler of a Client, which is who dials in gnet.
func gnetDialInside(target string, done func(error)) error {
	var cli *gnet.Client
	e := &engine{booted: make(chan struct{}), app: App{data: func(conn, []byte) {
		_, err := cli.Dial("tcp", target)
		done(err)
	}}}
	cli, err := gnet.NewClient(e, gnet.WithLogger(quiet{}))
	if err != nil {
		return err
	}
	if err := cli.Start(); err != nil {
		return err
	}
	c, err := cli.Dial("tcp", target)
	if err != nil {
		return err
	}
	return c.AsyncWrite([]byte("dial"), nil) // the target sends it back
}

func gnetDialStopped(target string) error {
	cli, err := gnet.NewClient(&engine{booted: make(chan struct{})}, gnet.WithLogger(quiet{}))
	if err != nil {
		return err
	}
	if err := cli.Start(); err != nil {
		return err
	}
	if err := cli.Stop(); err != nil {
		return err
	}
	_, err = cli.Dial("tcp", target)
	return err
}

// quiet is a logger: the one gnet has by default writes to stdout, which is
// taken.
type quiet struct{}

func (quiet) Debugf(string, ...any) {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}
