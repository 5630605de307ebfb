package reactor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// ListenUDP makes a UDP socket with the local address, as net.ListenPacket
// takes it for the networks "udp", "udp4" and "udp6", and calls h with what
// arrives there. Without a host, "udp" means both families. A name that has to
// be looked up is an error on a loop, ErrOnLoop. Safe to call from any
// goroutine.
func (r *Reactor) ListenUDP(network, address string, cfg UDPConfig, h UDPHandler) (*UDP, error) {
	u, err := r.listenUDP(network, address, cfg, h)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return u, nil
}

func (r *Reactor) listenUDP(network, address string, cfg UDPConfig, h UDPHandler) (*UDP, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	addrs, err := r.resolveUDP(context.Background(), network, address, true)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, addr := range addrs {
		u, err := r.newUDP(network, addr, cfg.Remote, &cfg, h)
		if err == nil {
			return u, nil
		}
		errs = append(errs, err)
	}
	return nil, onlyOrJoined(errs)
}

// ListenUDPPerLoop is ListenUDP with a socket for each loop, all of them with
// the same address: the one with index i is on Loop(i), and calls what handler
// has returned for that loop. Linux spreads the peers among the sockets, each
// peer's datagrams going to one of them; other systems may favour one socket.
// Safe to call from any goroutine.
func (r *Reactor) ListenUDPPerLoop(network, address string, cfg UDPConfig, handler func(l *Loop) UDPHandler) ([]*UDP, error) {
	cfg.ReusePort = true
	var sockets []*UDP
	for _, l := range r.loops {
		cfg.Loop = l
		u, err := r.ListenUDP(network, address, cfg, handler(l))
		if err != nil {
			for _, u := range sockets {
				u.Abort(err)
			}
			return nil, err
		}
		sockets = append(sockets, u)
		address = u.local.String() // with the port that was chosen for the first
	}
	return sockets, nil
}

// DialUDP makes a UDP socket that sends to address and receives from nobody
// else: it is connected, though nothing is exchanged for that. The addresses
// of a name are tried in turn until one can be reached as far as this system
// knows. A name that has to be looked up is an error on a loop, ErrOnLoop.
// cfg.Remote must be zero. Safe to call from any goroutine.
func (r *Reactor) DialUDP(ctx context.Context, network, address string, cfg UDPConfig, h UDPHandler) (*UDP, error) {
	u, err := r.dialUDP(ctx, network, address, cfg, h)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return u, nil
}

func (r *Reactor) dialUDP(ctx context.Context, network, address string, cfg UDPConfig, h UDPHandler) (*UDP, error) {
	if cfg.Remote.IsValid() {
		return nil, errors.New("reactor: UDPConfig.Remote is set, and DialUDP has its own")
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	addrs, err := r.resolveUDP(ctx, network, address, false)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, addr := range addrs {
		u, err := r.newUDP(network, netip.AddrPort{}, addr, &cfg, h)
		if err == nil {
			return u, nil
		}
		errs = append(errs, err)
	}
	return nil, onlyOrJoined(errs)
}

func onlyOrJoined(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// newUDP makes the socket and hands it to its loop.
func (r *Reactor) newUDP(network string, local, remote netip.AddrPort, cfg *UDPConfig, h UDPHandler) (*UDP, error) {
	u := new(UDP)
	r.makeUDP(u, network, cfg, h)
	u.v6 = isV6(local, remote)
	u.remote = plain(remote)
	if !u.v6 && u.remote.Addr().Is6() {
		return nil, syscall.EAFNOSUPPORT
	}
	fd, bound, err := sysUDP(network, local, u.remote, u.v6, cfg)
	if err != nil {
		return nil, err
	}
	u.fd, u.local, u.train = fd, bound, sysTrain(fd)
	u.gro = !cfg.NoGRO && sysGRO(fd)
	if err := u.loop.Post(u.open); err != nil {
		_ = sysClose(fd)
		return nil, err
	}
	return u, nil
}

// makeUDP makes u, which has no descriptor yet.
func (r *Reactor) makeUDP(u *UDP, network string, cfg *UDPConfig, h UDPHandler) {
	u.loop, u.network, u.h, u.limit = cfg.Loop, network, h, cfg.MaxDatagram
	if u.loop == nil {
		u.loop = r.Next()
	}
	u.queue.limit = cfg.SendQueue
}

// isV6 reports of which family a socket has to be.
func isV6(local, remote netip.AddrPort) bool {
	if local.IsValid() {
		return local.Addr().Is6() && !local.Addr().Is4In6()
	}
	return remote.Addr().Is6() && !remote.Addr().Is4In6()
}

// plain returns ap with an IPv4 address as such.
func plain(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
