//go:build linux

package peer

import (
	"net"
	"runtime"
	"time"

	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"
)

// gnetPeer: the echo server is gnet-examples echo_server (Next(-1), then Write
// in OnTraffic); pushes use AsyncWrite, the one call that other goroutines may
// make (gnet.Writer).
var gnetPeer = &Peer{Name: "gnet",
	starts: map[Kind]start{
		Echo: func(listen string) (string, error) { return startGnet("tcp4", listen, &gnetEcho{}) },
		UDP:  func(listen string) (string, error) { return startGnet("udp4", listen, &gnetEcho{}) },
		Push: func(listen string) (string, error) { return startGnet("tcp4", listen, &gnetPush{p: newProducer()}) },
	},
	missing: map[Kind]string{Line: "a handler that waits stops its event loop and every connection on it"},
}

// gnetBoot tells where an engine listens.
type gnetBoot struct {
	gnet.BuiltinEventEngine
	addr chan string // the engine sends once
}

func (b *gnetBoot) boot() <-chan string {
	b.addr = make(chan string, 1)
	return b.addr
}

// OnBoot asks the system for the port.
func (b *gnetBoot) OnBoot(eng gnet.Engine) gnet.Action {
	fd, err := eng.Dup()
	if err != nil {
		return gnet.Shutdown
	}
	defer func() { _ = unix.Close(fd) }()
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return gnet.Shutdown
	}
	in := sa.(*unix.SockaddrInet4)
	b.addr <- (&net.TCPAddr{IP: in.Addr[:], Port: in.Port}).String()
	return gnet.None
}

func startGnet(network, listen string, h interface {
	gnet.EventHandler
	boot() <-chan string
}) (string, error) {
	addr := h.boot()
	failed := make(chan error, 1)
	go func() {
		failed <- gnet.Run(h, network+"://"+listen, gnet.WithNumEventLoop(runtime.GOMAXPROCS(0)),
			gnet.WithLogger(quiet{}))
	}()
	select {
	case err := <-failed:
		return "", err
	case a := <-addr:
		time.Sleep(50 * time.Millisecond) // OnBoot comes before the loops run
		return a, nil
	}
}

// quiet is a logger: the one gnet has by default writes to stdout, which is
// taken.
type quiet struct{}

func (quiet) Debugf(string, ...any) {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

type gnetEcho struct{ gnetBoot }

func (*gnetEcho) OnTraffic(c gnet.Conn) gnet.Action {
	buf, _ := c.Next(-1)
	_, _ = c.Write(buf)
	return gnet.None
}

type gnetPush struct {
	gnetBoot
	p *producer
}

func (h *gnetPush) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	c.SetContext(h.p.add(func(m []byte) error { return c.AsyncWrite(m, nil) }))
	return nil, gnet.None
}

func (*gnetPush) OnTraffic(c gnet.Conn) gnet.Action {
	n, _ := c.Discard(-1)
	c.Context().(*target).asked(n)
	return gnet.None
}
