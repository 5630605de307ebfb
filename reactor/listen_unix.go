//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// sysListen makes a listening socket.
func sysListen(network string, addr net.Addr, cfg *ListenConfig) (fd int, err error) {
	family, sa, err := toSockaddr(addr)
	if err != nil {
		return -1, err
	}
	if fd, err = sysSocket(family, streamType(addr), 0); err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	backlog, err := prepareListen(fd, family, network, cfg)
	if err == nil {
		err = listenOn(fd, addr, sa, backlog)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// prepareListen sets the options of a socket that has no address yet.
func prepareListen(fd, family int, network string, cfg *ListenConfig) (backlog int, err error) {
	if family != unix.AF_UNIX {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return 0, os.NewSyscallError("setsockopt", err)
		}
	}
	if family == unix.AF_INET6 {
		// Both families on the unspecified address, whatever the system's default.
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, intOf(network == "tcp6"))
	}
	if cfg.ReusePort {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return 0, os.NewSyscallError("setsockopt", err)
		}
	}
	backlog = cfg.Backlog
	if cfg.Prepare != nil {
		n, err := cfg.Prepare(fd)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			backlog = n
		}
	}
	if backlog <= 0 {
		backlog = unix.SOMAXCONN
	}
	return backlog, nil
}

// listenOn binds the socket, also to a path that a dead one has left behind.
func listenOn(fd int, addr net.Addr, sa unix.Sockaddr, backlog int) error {
	err := unix.Bind(fd, sa)
	if err == unix.EADDRINUSE && removeStale(addr) {
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		return os.NewSyscallError("bind", err)
	}
	return os.NewSyscallError("listen", unix.Listen(fd, backlog))
}

// sysInherit duplicates a descriptor that listens, and returns its network.
func sysInherit(old int) (fd int, network string, err error) {
	network, err = listeningNetwork(old)
	if err != nil {
		return -1, network, err
	}
	fd, err = unix.FcntlInt(uintptr(old), unix.F_DUPFD_CLOEXEC, reservedFD+1)
	if err != nil {
		return -1, network, os.NewSyscallError("fcntl", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, network, os.NewSyscallError("fcntl", err)
	}
	return fd, network, nil
}

func listeningNetwork(fd int) (string, error) {
	listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		return "file", os.NewSyscallError("getsockopt", err)
	}
	if listens == 0 {
		return "file", os.NewSyscallError("accept", unix.EINVAL) // what it would say
	}
	typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return "file", os.NewSyscallError("getsockopt", err)
	}
	switch sysLocalAddr(fd).(type) {
	case *net.TCPAddr:
		return "tcp", nil
	case *net.UnixAddr:
		if typ == unix.SOCK_SEQPACKET {
			return "unixpacket", nil
		}
		return "unix", nil
	}
	return "file", &net.AddrError{Err: "neither a TCP nor a unix socket"}
}
