package sockets

import (
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// A Family is an address family, by the system's own number.
type Family uint16

// The families sockets are made for.
const (
	FamilyUnix  Family = syscall.AF_UNIX
	FamilyInet  Family = syscall.AF_INET
	FamilyInet6 Family = syscall.AF_INET6
)

// String returns the name the manual pages use, such as "AF_INET".
func (f Family) String() string {
	switch f {
	case FamilyUnix:
		return "AF_UNIX"
	case FamilyInet:
		return "AF_INET"
	case FamilyInet6:
		return "AF_INET6"
	case 0:
		return "AF_UNSPEC"
	}
	return "AF_" + strconv.Itoa(int(f))
}

// unixHost is the host that says that the port is the path of a unix socket.
const unixHost = "unix/"

// An Addr is the address of one side of a socket: an IP address and a port, or
// the path of a unix socket. An IPv4 address of a socket that serves both
// families is given as IPv4. The zero value is no address. It is a net.Addr.
type Addr struct {
	Family Family
	IP     netip.Addr // with its zone; not valid for unix sockets
	Port   int        // 0 for unix sockets
	Path   string     // of a unix socket; "" when it is bound to none
}

var _ net.Addr = Addr{}

// Network returns "tcp" or "unix", and "" for no address. Safe to call from any
// goroutine.
func (a Addr) Network() string {
	switch a.Family {
	case FamilyUnix:
		return "unix"
	case FamilyInet, FamilyInet6:
		return "tcp"
	}
	return ""
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

// addrOf returns what package net knows as addr.
func addrOf(addr net.Addr) Addr {
	switch a := addr.(type) {
	case *net.TCPAddr:
		ip := a.AddrPort().Addr().Unmap()
		family := FamilyInet6
		if ip.Is4() {
			family = FamilyInet
		}
		return Addr{Family: family, IP: ip, Port: a.Port}
	case *net.UnixAddr:
		if a.Name == "@" { // what package syscall makes of no name
			return Addr{Family: FamilyUnix}
		}
		return Addr{Family: FamilyUnix, Path: a.Name}
	}
	return Addr{}
}

// target turns a host and a port, as the calls of this package take them, into
// what package net takes.
func target(host, port string) (network, address string, err error) {
	if host == unixHost {
		switch {
		case port == "":
			return "", "", invalid("empty path of a unix socket")
		case len(port) > maxPath:
			return "", "", systemError("bind", syscall.ENOBUFS)
		}
		return "unix", port, nil
	}
	if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > 65535) {
		return "", "", invalid("port " + port + " is not between 0 and 65535")
	}
	return "tcp", net.JoinHostPort(host, port), nil
}
