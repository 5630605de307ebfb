package main

import (
	"context"

	"github.com/kharon-net/kharon/reactor"
)

// udpService is the kind udp: event-driven sockets, one for each loop, that
// send back what they get.
type udpService struct {
	r       *reactor.Reactor
	sockets []*reactor.UDP
}

func serveUDP(r *reactor.Reactor, cfg *config) (service, error) {
	sockets, err := r.ListenUDPPerLoop("udp", cfg.listen, reactor.UDPConfig{},
		func(*reactor.Loop) reactor.UDPHandler { return udpEcho{} })
	if err != nil {
		return nil, err
	}
	return &udpService{r, sockets}, nil
}

func (s *udpService) address() string { return s.sockets[0].LocalAddr().String() }

func (s *udpService) mode() string { return "inline" }

func (s *udpService) shutdown(ctx context.Context) error { return s.r.Shutdown(ctx) }

type udpEcho struct{}

func (udpEcho) OnDatagram(u *reactor.UDP, d reactor.Datagram) {
	_ = u.Send(d.Data, d.From) // what does not fit is lost, as datagrams are
}

func (udpEcho) OnClose(*reactor.UDP, error) {}
