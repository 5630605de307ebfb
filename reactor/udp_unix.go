//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// sysUDP makes a UDP socket, bound to local and connected to remote where they
// are valid, and returns what it is bound to.
func sysUDP(network string, local, remote netip.AddrPort, v6 bool, cfg *UDPConfig) (fd int, bound netip.AddrPort, err error) {
	family := unix.AF_INET
	if v6 {
		family = unix.AF_INET6
	}
	if fd, err = sysSocket(family, unix.SOCK_DGRAM, 0); err != nil {
		return -1, bound, os.NewSyscallError("socket", err)
	}
	if err = prepareUDP(fd, network, v6, cfg); err == nil {
		err = placeUDP(fd, local, remote, v6)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, bound, err
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		_ = unix.Close(fd)
		return -1, bound, os.NewSyscallError("getsockname", err)
	}
	return fd, fromUDPSockaddr(sa), nil
}

// prepareUDP sets the options of a socket that has no address yet.
func prepareUDP(fd int, network string, v6 bool, cfg *UDPConfig) error {
	if v6 {
		only := 0
		if network == "udp6" {
			only = 1
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only) // OpenBSD has no sockets of both families
	}
	for _, o := range []struct{ opt, value int }{
		{unix.SO_REUSEADDR, intOf(cfg.ReuseAddr)},
		{unix.SO_REUSEPORT, intOf(cfg.ReusePort)},
		{unix.SO_BROADCAST, intOf(cfg.Broadcast)},
		{unix.SO_RCVBUF, cfg.ReceiveBuffer},
		{unix.SO_SNDBUF, cfg.SendBuffer},
	} {
		if o.value == 0 {
			continue
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, o.opt, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := prepareMulticast(fd, v6, cfg); err != nil {
		return err
	}
	if cfg.Prepare != nil {
		return cfg.Prepare(fd)
	}
	return nil
}

func intOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// prepareMulticast says where multicast datagrams leave, and how far they go.
func prepareMulticast(fd int, v6 bool, cfg *UDPConfig) error {
	index, err := interfaceIndex(cfg.MulticastInterface)
	if err != nil {
		return err
	}
	if index != 0 {
		if v6 {
			err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, index)
		} else {
			err = sysMulticastIf4(fd, index)
		}
		if err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if cfg.MulticastHops == 0 {
		return nil
	}
	if v6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, cfg.MulticastHops)
	} else {
		err = sysMulticastTTL4(fd, cfg.MulticastHops)
	}
	return os.NewSyscallError("setsockopt", err)
}

func placeUDP(fd int, local, remote netip.AddrPort, v6 bool) error {
	if local.IsValid() {
		if err := unix.Bind(fd, toUDPSockaddr(local, v6, zoneID(local.Addr().Zone()))); err != nil {
			return os.NewSyscallError("bind", err)
		}
	}
	if remote.IsValid() {
		if err := unix.Connect(fd, toUDPSockaddr(remote, v6, zoneID(remote.Addr().Zone()))); err != nil {
			return os.NewSyscallError("connect", err)
		}
	}
	return nil
}

// toUDPSockaddr returns addr as the kernel takes it for a socket of that
// family: only an IPv6 socket has IPv6 addresses.
func toUDPSockaddr(addr netip.AddrPort, v6 bool, zone uint32) unix.Sockaddr {
	if v6 {
		return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16(), ZoneId: zone}
	}
	return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
}

func fromUDPSockaddr(sa unix.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 {
			ip = ip.WithZone(zoneName(a.ZoneId))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return netip.AddrPort{}
}

// sysMember joins or leaves a multicast group on an interface; number 0 is the
// one the system chooses.
func sysMember(fd int, group netip.Addr, index int, join bool) error {
	if group.Is4() {
		return sysMember4(fd, group.As4(), index, join)
	}
	opt := unix.IPV6_LEAVE_GROUP
	if join {
		opt = unix.IPV6_JOIN_GROUP
	}
	return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, opt,
		&unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(index)})
}

func memberOpt4(join bool) int {
	if join {
		return unix.IP_ADD_MEMBERSHIP
	}
	return unix.IP_DROP_MEMBERSHIP
}
