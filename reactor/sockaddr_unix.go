//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// toSockaddr returns addr as the kernel takes it, with its address family.
func toSockaddr(addr net.Addr) (family int, sa unix.Sockaddr, err error) {
	switch a := addr.(type) {
	case *net.TCPAddr:
		ap := a.AddrPort()
		ip := ap.Addr().Unmap()
		if ip.Is4() {
			return unix.AF_INET, &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ip.As4()}, nil
		}
		return unix.AF_INET6, &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ip.As16(), ZoneId: zoneID(ip.Zone())}, nil
	case *net.UnixAddr:
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: a.Name}, nil
	}
	return 0, nil, &net.AddrError{Err: "not a stream address", Addr: addr.String()}
}

// fromSockaddr is the other way round; what it does not know is nil.
func fromSockaddr(sa unix.Sockaddr) net.Addr {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: net.IP(a.Addr[:]), Port: a.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: net.IP(a.Addr[:]), Port: a.Port, Zone: zoneName(a.ZoneId)}
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: a.Name, Net: "unix"}
	}
	return nil
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

// sysLocalAddr returns the address a socket is bound to, or nil.
func sysLocalAddr(fd int) net.Addr {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return nil
	}
	return fromSockaddr(sa)
}

func streamType(addr net.Addr) int {
	if ua, ok := addr.(*net.UnixAddr); ok && ua.Net == "unixpacket" {
		return unix.SOCK_SEQPACKET
	}
	return unix.SOCK_STREAM
}

// sysConnect begins to connect a new socket to addr, when prepare, if there is
// one, has seen it. pending tells that the outcome comes with the writable
// edge, by sysConnected.
func sysConnect(addr net.Addr, prepare func(fd int) error) (fd int, pending bool, err error) {
	family, sa, err := toSockaddr(addr)
	if err != nil {
		return -1, false, err
	}
	fd, err = sysSocket(family, streamType(addr), 0)
	if err != nil {
		return -1, false, os.NewSyscallError("socket", err)
	}
	if family != unix.AF_UNIX {
		sysNoDelay(fd)
	}
	if prepare != nil {
		if err := prepare(fd); err != nil {
			_ = unix.Close(fd)
			return -1, false, err
		}
	}
	switch err = unix.Connect(fd, sa); err {
	case nil:
		return fd, false, nil
	case unix.EINPROGRESS, unix.EINTR:
		return fd, true, nil
	}
	_ = unix.Close(fd)
	return -1, false, os.NewSyscallError("connect", err)
}

// sysConnected returns the outcome of a connect that was pending.
func sysConnected(fd int) error {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if n != 0 {
		return os.NewSyscallError("connect", unix.Errno(n))
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return unix.EAGAIN // not yet
	}
	return nil
}

func sysNoDelay(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
}

func sysShutdownWrite(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) }
