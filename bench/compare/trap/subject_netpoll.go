//go:build linux

package trap

import (
	"context"
	"io"
	"time"

	"github.com/cloudwego/netpoll"
)

// netpollSubject is netpoll's event loop with its defaults.
var netpollSubject = &Subject{Name: "netpoll", Module: "github.com/cloudwego/netpoll",
	serve: serveNetpoll,
	dialInside: func(target string, done func(error)) error {
		return besides(serveNetpoll, func() {
			_, err := netpoll.DialConnection("tcp", target, time.Second)
			done(err)
		})
	},
	Ways:   map[*Trap]string{writeAfterStop: "with Writer, which is what is recommended (Conn.Write would return an error)"},
	Absent: map[*Trap]string{dialAfterStop: "dialling needs nothing that could have stopped"},
}

func init() { netpoll.SetLoggerOutput(io.Discard) }

func serveNetpoll(network, addr string, app App) (*server, error) {
	ln, err := netpoll.CreateListener(network, addr)
	if err != nil {
		return nil, err
	}
	loop, err := netpoll.NewEventLoop(func(_ context.Context, c netpoll.Connection) error {
		if app.hold || app.untaken { // OnRequest must take everything before it returns
			select {}
		}
		r := c.Reader()
		if app.takeNothing {
			_ = r.Skip(0)
		}
		p, err := r.Next(r.Len())
		if err != nil {
			return err
		}
		app.data(netpollConn{c}, p)
		return r.Release()
	})
	if err != nil {
		return nil, err
	}
	go func() { _ = loop.Serve(ln) }()
	time.Sleep(50 * time.Millisecond) // Serve tells nobody when it serves
	return &server{addr: ln.Addr().String(), drain: loop.Shutdown, stop: func() error {
		return loop.Shutdown(context.Background())
	}}, nil
}

type netpollConn struct{ c netpoll.Connection }

func (n netpollConn) write(p []byte) error { return n.writev([][]byte{p}) }

func (n netpollConn) writeLater(p []byte) error { return n.write(p) }

func (n netpollConn) writev(bufs [][]byte) error {
	w := n.c.Writer()
	for _, p := range bufs {
		if _, err := w.WriteBinary(p); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (n netpollConn) stream(r io.Reader) error {
	_, err := io.Copy(n.c, r)
	return err
}

func (n netpollConn) close() error { return n.c.Close() }

func (n netpollConn) closeNow() error { return n.c.Close() }
