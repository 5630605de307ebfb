//go:build linux

package peer

import (
	"net"

	"github.com/kharon-net/kharon/reactor"
)

// netUDP is the loop that allocates nothing: ReadFromUDPAddrPort and
// WriteToUDPAddrPort (net, UDPConn).
func netUDP(listen string) (string, error) {
	addr, err := net.ResolveUDPAddr("udp4", listen)
	if err != nil {
		return "", err
	}
	c, err := net.ListenUDP("udp4", addr)
	if err != nil {
		return "", err
	}
	go func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	return c.LocalAddr().String(), nil
}

func startReactorUDP(listen string) (string, error) {
	r, err := reactor.New(reactor.Config{})
	if err != nil {
		return "", err
	}
	u, err := r.ListenUDP("udp4", listen, reactor.UDPConfig{}, reactorUDPEcho{})
	if err != nil {
		return "", err
	}
	return u.LocalAddr().String(), nil
}

// reactorUDPEcho sends back what it gets.
type reactorUDPEcho struct{}

func (reactorUDPEcho) OnDatagram(u *reactor.UDP, d reactor.Datagram) { _ = u.Send(d.Data, d.From) }

func (reactorUDPEcho) OnClose(*reactor.UDP, error) {}
