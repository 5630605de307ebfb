//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sockets

import (
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// toSockaddr returns a as the system takes it.
func toSockaddr(a Addr) unix.Sockaddr {
	switch a.Family {
	case FamilyInet:
		return &unix.SockaddrInet4{Port: a.Port, Addr: a.IP.Unmap().As4()}
	case FamilyInet6:
		return &unix.SockaddrInet6{Port: a.Port, Addr: a.IP.As16(), ZoneId: zoneID(a.IP.Zone())}
	}
	return &unix.SockaddrUnix{Name: a.Path}
}

// fromSockaddr is the other way round; what it does not know is no address.
func fromSockaddr(sa unix.Sockaddr) Addr {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return Addr{Family: FamilyInet, IP: netip.AddrFrom4(a.Addr), Port: a.Port}
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).WithZone(zoneName(a.ZoneId))
		if ip.Is4In6() {
			return Addr{Family: FamilyInet, IP: ip.Unmap(), Port: a.Port}
		}
		return Addr{Family: FamilyInet6, IP: ip, Port: a.Port}
	case *unix.SockaddrUnix:
		if a.Name == "@" { // what package unix makes of no name
			return Addr{Family: FamilyUnix}
		}
		return Addr{Family: FamilyUnix, Path: a.Name}
	}
	return Addr{}
}

func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}

func zoneName(id uint32) string {
	if id == 0 {
		return ""
	}
	if ifi, err := net.InterfaceByIndex(int(id)); err == nil {
		return ifi.Name
	}
	return strconv.FormatUint(uint64(id), 10)
}
