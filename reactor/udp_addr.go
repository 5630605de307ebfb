package reactor

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// resolveUDP turns a network and an address into socket addresses of that
// network.
func (r *Reactor) resolveUDP(ctx context.Context, network, address string, listen bool) ([]netip.AddrPort, error) {
	switch network {
	case "udp", "udp4", "udp6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && r.onLoop() {
		return nil, ErrOnLoop
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	ips, err := resolveHost(ctx, net.DefaultResolver, strings.Replace(network, "udp", "tcp", 1), host, listen)
	if err != nil {
		return nil, err
	}
	var addrs []netip.AddrPort
	for _, ip := range ips {
		ip = ip.Unmap()
		if network == "udp" || ip.Is4() == (network == "udp4") {
			addrs = append(addrs, netip.AddrPortFrom(ip, uint16(port)))
		}
	}
	if len(addrs) == 0 {
		return nil, &net.AddrError{Err: "no address for network " + network, Addr: host}
	}
	return addrs, nil
}
