//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sockets

import (
	"net"

	"golang.org/x/sys/unix"
)

// maxPath is the length of the longest path of a unix socket, in bytes.
const maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// The system calls, with EINTR tried again and nothing else done to them.

func sysRead(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Read(fd, p)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

func sysWrite(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Write(fd, p)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

func sysClose(fd int) error { return unix.Close(fd) }

func sysShutdown(fd int, how How) error {
	return unix.Shutdown(fd, [...]int{unix.SHUT_RD, unix.SHUT_WR, unix.SHUT_RDWR}[how])
}

func sysNoDelay(fd int, on bool) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, number(on))
}

func sysLinger(fd int, on bool, seconds int) error {
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER,
		&unix.Linger{Onoff: int32(number(on)), Linger: int32(seconds)})
}

func number(on bool) int {
	if on {
		return 1
	}
	return 0
}

// sysName returns the address fd is bound to, or nil.
func sysName(fd int) net.Addr {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return nil
	}
	return fromSockaddr(sa)
}

func sysPeer(fd int) (net.Addr, error) {
	sa, err := unix.Getpeername(fd)
	if err != nil {
		return nil, err
	}
	return fromSockaddr(sa), nil
}

func fromSockaddr(sa unix.Sockaddr) net.Addr {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: net.IP(a.Addr[:]), Port: a.Port}
	case *unix.SockaddrInet6:
		addr := &net.TCPAddr{IP: net.IP(a.Addr[:]), Port: a.Port}
		if a.ZoneId != 0 {
			if ifi, err := net.InterfaceByIndex(int(a.ZoneId)); err == nil {
				addr.Zone = ifi.Name
			}
		}
		return addr
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: a.Name, Net: "unix"}
	}
	return nil
}
