//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// sysPeerAddr returns what a connected socket is connected to.
func sysPeerAddr(fd int) (net.Addr, error) {
	sa, err := unix.Getpeername(fd)
	if err != nil {
		return nil, os.NewSyscallError("getpeername", err)
	}
	return fromSockaddr(sa), nil
}
