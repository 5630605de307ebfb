//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"os"

	"golang.org/x/sys/unix"
)

// maxUnixPath is how long the name of a unix socket may be, in bytes: with the
// byte that ends it, it fits into an address.
const maxUnixPath = len(unix.RawSockaddrUnix{}.Path) - 1

// sysUnixgram makes a datagram socket, bound to local and connected to remote
// where they are not empty.
func sysUnixgram(local, remote string, cfg *UDPConfig) (fd int, err error) {
	if fd, err = sysSocket(unix.AF_UNIX, unix.SOCK_DGRAM, 0); err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err = prepareUnixgram(fd, cfg); err == nil {
		err = placeUnixgram(fd, local, remote)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func prepareUnixgram(fd int, cfg *UDPConfig) error {
	for _, o := range []struct{ opt, value int }{{unix.SO_RCVBUF, cfg.ReceiveBuffer}, {unix.SO_SNDBUF, cfg.SendBuffer}} {
		if o.value == 0 {
			continue
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, o.opt, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if cfg.Prepare != nil {
		return cfg.Prepare(fd)
	}
	return nil
}

func placeUnixgram(fd int, local, remote string) error {
	if local != "" {
		err := unix.Bind(fd, &unix.SockaddrUnix{Name: local})
		if err == unix.EADDRINUSE && removeDead(local) {
			err = unix.Bind(fd, &unix.SockaddrUnix{Name: local})
		}
		if err != nil {
			return os.NewSyscallError("bind", err)
		}
	}
	if remote != "" {
		return os.NewSyscallError("connect", unix.Connect(fd, &unix.SockaddrUnix{Name: remote}))
	}
	return nil
}

// removeDead removes the path of a datagram socket that nobody has open, and
// reports whether it did.
func removeDead(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return false
	}
	fd, err := sysSocket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was sent
	return unix.Connect(fd, &unix.SockaddrUnix{Name: path}) == unix.ECONNREFUSED && os.Remove(path) == nil
}
