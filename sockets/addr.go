package sockets

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// unixHost is the host that says that the port is the path of a unix socket.
const unixHost = "unix/"

// An Addr is the address of one side of a socket: an IP address and a port, or
// the path of a unix socket. An IPv4 address of a socket that serves both
// families is given as IPv4. The zero value is no address. It is a net.Addr.
type Addr struct {
	Family    Family
	Type      Type     // 0 is Stream
	Protocol  Protocol // 0 is the one that goes with Family and Type
	IP        netip.Addr
	Port      int    // 0 for unix sockets
	Path      string // of a unix socket; "" when it is bound to none, "@name" without a file
	CanonName string // the host's official name, from GetAddrInfo when asked for
}

var _ net.Addr = Addr{}

// Network returns the name that package net has for the address, such as
// "tcp", "udp" or "unixgram", and "" for no address. Safe to call from any
// goroutine.
func (a Addr) Network() string {
	if a.Family == 0 {
		return ""
	}
	k := kind{a.Family, a.Type, a.Protocol}
	if k.typ == 0 {
		k.typ = Stream
	}
	return k.network()
}

// Host returns the IP address, or "unix/". Safe to call from any goroutine.
func (a Addr) Host() string {
	switch {
	case a.Family == FamilyUnix:
		return unixHost
	case a.IP.IsValid():
		return a.IP.String()
	}
	return ""
}

// Service returns the port, or the path of a unix socket: what goes with Host
// as an argument of the calls of this package. Safe to call from any goroutine.
func (a Addr) Service() string {
	if a.Family == FamilyUnix {
		return a.Path
	}
	return strconv.Itoa(a.Port)
}

// String returns "127.0.0.1:3301", "[::1]:3301" or "unix/:/path", and "" for no
// address. Safe to call from any goroutine.
func (a Addr) String() string {
	switch a.Family {
	case 0:
		return ""
	case FamilyUnix:
		return unixHost + ":" + a.Path
	}
	return net.JoinHostPort(a.Host(), strconv.Itoa(a.Port))
}

// AddrPort returns the IP address and the port; it is not valid for unix
// sockets. Safe to call from any goroutine.
func (a Addr) AddrPort() netip.AddrPort { return netip.AddrPortFrom(a.IP, uint16(a.Port)) }

// of returns the address as one of a socket of kind k.
func (a Addr) of(k kind) Addr {
	if a.Family != 0 {
		a.Type, a.Protocol = k.typ, k.proto
	}
	return a
}

// std returns the address as package net has it, and nil for none.
func (a Addr) std() net.Addr {
	switch a.Network() {
	case "tcp":
		return net.TCPAddrFromAddrPort(a.AddrPort())
	case "udp":
		return net.UDPAddrFromAddrPort(a.AddrPort())
	case "ip":
		return &net.IPAddr{IP: a.IP.AsSlice(), Zone: a.IP.Zone()}
	case "unix", "unixgram", "unixpacket":
		return &net.UnixAddr{Name: a.Path, Net: a.Network()}
	}
	return nil
}

// addrOf returns what package net knows as addr, and no address for what it
// does not know.
func addrOf(addr net.Addr) Addr {
	ipAddr := func(ip netip.Addr, port int, k kind) Addr {
		ip = ip.Unmap()
		k.family = FamilyInet6
		if ip.Is4() {
			k.family = FamilyInet
		}
		return Addr{Family: k.family, Type: k.typ, Protocol: k.proto, IP: ip, Port: port}
	}
	switch a := addr.(type) {
	case Addr:
		return a
	case *net.TCPAddr:
		return ipAddr(a.AddrPort().Addr(), a.Port, kind{typ: Stream, proto: ProtocolTCP})
	case *net.UDPAddr:
		return ipAddr(a.AddrPort().Addr(), a.Port, kind{typ: Datagram, proto: ProtocolUDP})
	case *net.IPAddr:
		ip, _ := netip.AddrFromSlice(a.IP)
		return ipAddr(ip.WithZone(a.Zone), 0, kind{typ: Raw})
	case *net.UnixAddr:
		t := map[string]Type{"unixgram": Datagram, "unixpacket": SeqPacket}[a.Net]
		if t == 0 {
			t = Stream
		}
		return Addr{Family: FamilyUnix, Type: t, Path: a.Name}
	}
	return Addr{}
}

// numeric returns the address that host and port name for a socket of kind k,
// without asking anybody: an IP address, "0" for the unspecified one, or
// "unix/" and a path; the port is a number or the name of a service.
func numeric(host, port string, k kind) (Addr, error) {
	if host == unixHost {
		if err := checkPath(port); err != nil {
			return Addr{}, err
		}
		return Addr{Family: FamilyUnix, Type: k.typ, Path: port}, nil
	}
	a := Addr{Family: FamilyInet6, Type: k.typ, Protocol: k.proto}
	var err error
	switch {
	case host == "0" && k.family == FamilyInet6:
		a.IP = netip.IPv6Unspecified()
	case host == "0":
		a.IP = netip.IPv4Unspecified()
	default:
		if a.IP, err = netip.ParseAddr(host); err != nil {
			return Addr{}, invalid("host " + strconv.Quote(host) + " is no IP address; names are for Connect and GetAddrInfo")
		}
	}
	if a.IP = a.IP.Unmap(); a.IP.Is4() {
		a.Family = FamilyInet
	}
	a.Port, err = portNumber(background, k.typ, port)
	return a, err
}

// portNumber turns a port, a number or the name of a service, into a number.
// "" is 0.
func portNumber(ctx context.Context, t Type, port string) (int, error) {
	if n, err := strconv.Atoi(port); err == nil {
		if n < 0 || n > 65535 {
			return 0, invalid("port " + port + " is not between 0 and 65535")
		}
		return n, nil
	}
	if port == "" {
		return 0, nil
	}
	network := "tcp"
	if t == Datagram {
		network = "udp"
	}
	n, err := net.DefaultResolver.LookupPort(ctx, network, port)
	if err != nil {
		return 0, &argumentError{what: "unknown service " + strconv.Quote(port), cause: err}
	}
	return n, nil
}

func checkPath(path string) error {
	switch {
	case path == "":
		return invalid("empty path of a unix socket")
	case len(path) > maxPath:
		return systemError("bind", syscall.ENOBUFS)
	}
	return nil
}
