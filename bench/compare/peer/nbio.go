//go:build linux

package peer

import (
	"net"
	"runtime"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/logging"
)

// nbioPeer: the echo server is the quick start of nbio's README; pushes use
// Conn.Write, which any goroutine may call ("Concurrent Write/Close supported").
var nbioPeer = &Peer{Name: "nbio",
	starts: map[Kind]start{
		Echo: startNbioEcho,
		Push: startNbioPush,
	},
	missing: map[Kind]string{Line: "a handler that waits stops its poller; reading to a delimiter is not there"},
}

// newNbio makes an engine that listens, on a listener of ours because it has no
// way to tell the port.
func newNbio(listen string) (e *nbio.Engine, addr func() string) {
	logging.SetLevel(logging.LevelNone)
	var ln net.Listener
	e = nbio.NewEngine(nbio.Config{
		Network: "tcp", Addrs: []string{listen}, NPoller: runtime.GOMAXPROCS(0),
		MaxWriteBufferSize: 6 << 20,
		Listen: func(network, addr string) (l net.Listener, err error) {
			ln, err = net.Listen(network, addr)
			return ln, err
		},
	})
	return e, func() string { return ln.Addr().String() }
}

func startNbioEcho(listen string) (string, error) {
	e, addr := newNbio(listen)
	e.OnData(func(c *nbio.Conn, data []byte) {
		_, _ = c.Write(append([]byte{}, data...))
	})
	if err := e.Start(); err != nil {
		return "", err
	}
	return addr(), nil
}

func startNbioPush(listen string) (string, error) {
	e, addr := newNbio(listen)
	p := newProducer()
	e.OnOpen(func(c *nbio.Conn) {
		c.SetSession(p.add(func(m []byte) error {
			_, err := c.Write(m)
			return err
		}))
	})
	e.OnData(func(c *nbio.Conn, data []byte) { c.Session().(*target).asked(len(data)) })
	if err := e.Start(); err != nil {
		return "", err
	}
	return addr(), nil
}
