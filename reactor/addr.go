package reactor

import (
	"context"
	"net"
	"net/netip"
)

// resolve turns a network and an address, as net.Dial and net.Listen take
// them, into socket addresses: *net.TCPAddr or *net.UnixAddr. An empty host is
// the unspecified address when listen is set, and loopback otherwise.
func resolve(ctx context.Context, network, address string, listen bool) ([]net.Addr, error) {
	switch network {
	case "unix":
		return []net.Addr{&net.UnixAddr{Name: address, Net: network}}, nil
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	ips, err := resolveHost(ctx, network, host, listen)
	if err != nil {
		return nil, err
	}
	addrs := make([]net.Addr, len(ips))
	for i, ip := range ips {
		addrs[i] = net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port)))
	}
	return addrs, nil
}

func resolveHost(ctx context.Context, network, host string, listen bool) ([]netip.Addr, error) {
	if host == "" {
		switch {
		case listen && network == "tcp4":
			return []netip.Addr{netip.IPv4Unspecified()}, nil
		case listen:
			return []netip.Addr{netip.IPv6Unspecified(), netip.IPv4Unspecified()}, nil
		case network == "tcp6":
			return []netip.Addr{netip.IPv6Loopback()}, nil
		}
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ipNetwork := map[string]string{"tcp": "ip", "tcp4": "ip4", "tcp6": "ip6"}[network]
	ips, err := net.DefaultResolver.LookupNetIP(ctx, ipNetwork, host)
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, err
}
