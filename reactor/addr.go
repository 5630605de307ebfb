package reactor

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// resolve turns a network and an address, as net.Dial and net.Listen take
// them, into socket addresses: *net.TCPAddr or *net.UnixAddr. An empty host is
// the unspecified address when listen is set, and otherwise loopback: of both
// families, unless network names one.
func resolve(ctx context.Context, names *net.Resolver, network, address string, listen bool) ([]net.Addr, error) {
	switch network {
	case "unix", "unixpacket":
		return []net.Addr{&net.UnixAddr{Name: address, Net: network}}, nil
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := names.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	ips, err := resolveHost(ctx, names, network, host, listen)
	if err != nil {
		return nil, err
	}
	addrs := make([]net.Addr, len(ips))
	for i, ip := range ips {
		addrs[i] = net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port)))
	}
	return addrs, nil
}

func resolveHost(ctx context.Context, names *net.Resolver, network, host string, listen bool) ([]netip.Addr, error) {
	if host == "" {
		switch {
		case listen && network == "tcp4":
			return []netip.Addr{netip.IPv4Unspecified()}, nil
		case listen && network == "tcp6":
			return []netip.Addr{netip.IPv6Unspecified()}, nil
		case listen:
			return []netip.Addr{netip.IPv6Unspecified(), netip.IPv4Unspecified()}, nil
		case network == "tcp6":
			return []netip.Addr{netip.IPv6Loopback()}, nil
		case network == "tcp4":
			return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
		}
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		if network == "tcp4" && !ip.Is4() || network == "tcp6" && ip.Is4() {
			return nil, &net.AddrError{Err: "no suitable address", Addr: host}
		}
		return []netip.Addr{ip}, nil
	}
	ips, err := names.LookupNetIP(ctx, "ip"+strings.TrimPrefix(network, "tcp"), host)
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, err
}

// literal reports whether resolve has nothing to look up.
func literal(network, address string) bool {
	if !strings.HasPrefix(network, "tcp") {
		return true
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return true // which resolve finds out
	}
	_, notIP := netip.ParseAddr(host)
	return (host == "" || notIP == nil) && strings.Trim(port, "0123456789") == ""
}

// interleave orders addresses as RFC 8305 wants them tried: the families take
// turns, beginning with that of the first address, so that one family without
// a route delays the other by one attempt. Within a family the order stays,
// which is the resolver's by preference.
func interleave(addrs []net.Addr) []net.Addr {
	var same, other []net.Addr
	for _, addr := range addrs {
		if isV4(addr) == isV4(addrs[0]) {
			same = append(same, addr)
		} else {
			other = append(other, addr)
		}
	}
	mixed := make([]net.Addr, 0, len(addrs))
	for i := range max(len(same), len(other)) {
		if i < len(same) {
			mixed = append(mixed, same[i])
		}
		if i < len(other) {
			mixed = append(mixed, other[i])
		}
	}
	return mixed
}

func isV4(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.To4() != nil
}
