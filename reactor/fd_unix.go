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

// sysDup returns another descriptor, close-on-exec, for what fd is one for.
func sysDup(fd int) (int, error) {
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, reservedFD+1)
	if err != nil {
		return -1, os.NewSyscallError("fcntl", err)
	}
	return dup, nil
}

// sysPoll asks what of ev fd is ready for now.
func sysPoll(fd int, ev Events) (Events, error) {
	p := [1]unix.PollFd{{Fd: int32(fd)}}
	if ev&Readable != 0 {
		p[0].Events |= unix.POLLIN
	}
	if ev&Writable != 0 {
		p[0].Events |= unix.POLLOUT
	}
	for {
		_, err := unix.Poll(p[:], 0)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, os.NewSyscallError("poll", err)
		case fd < 0 || p[0].Revents&unix.POLLNVAL != 0:
			return 0, os.NewSyscallError("poll", unix.EBADF)
		}
		return pollEvents(p[0].Revents) & ev, nil
	}
}

func pollEvents(revents int16) (ev Events) {
	if revents&(unix.POLLIN|unix.POLLERR|unix.POLLHUP) != 0 {
		ev |= Readable
	}
	if revents&(unix.POLLOUT|unix.POLLERR|unix.POLLHUP) != 0 {
		ev |= Writable
	}
	return ev
}
