//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	abstractNames = false // of unix sockets, beginning with @
	kernelSpreads = false // connections over the sockets with SO_REUSEPORT: one may get all
)

// sysWritev writes buffer after buffer: the kernel's call is not among those
// that x/sys/unix offers on every one of these systems. A short write ends it.
func sysWritev(fd int, vec [][]byte) (int, error) {
	total := 0
	for _, p := range vec {
		n, err := sysWrite(fd, p)
		total += n
		if err != nil {
			if total > 0 && err == unix.EAGAIN {
				err = nil
			}
			return total, err
		}
		if n < len(p) {
			break
		}
	}
	return total, nil
}

// sysAccept takes one connection from a listening socket, non-blocking and
// close-on-exec.
func sysAccept(fd int) (int, net.Addr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	c, sa, err := unix.Accept(fd)
	if c, err = avoidReserved(c, err); err != nil {
		return -1, nil, err
	}
	if err := prepare(c); err != nil {
		_ = unix.Close(c)
		return -1, nil, unix.ECONNABORTED // this one connection is of no use
	}
	return c, fromSockaddr(sa), nil
}

// sysSocket makes a socket, non-blocking and close-on-exec.
func sysSocket(family, typ, proto int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := avoidReserved(unix.Socket(family, typ, proto))
	if err != nil {
		return -1, err
	}
	if err := prepare(fd); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func prepare(fd int) error {
	unix.CloseOnExec(fd)
	return unix.SetNonblock(fd, true)
}

// avoidReserved gives a new descriptor another number if it has reservedFD,
// which it can have in a process without a standard input.
func avoidReserved(fd int, err error) (int, error) {
	if fd != reservedFD || err != nil {
		return fd, err
	}
	fd, err = unix.FcntlInt(reservedFD, unix.F_DUPFD_CLOEXEC, reservedFD+1)
	_ = unix.Close(reservedFD)
	if err != nil {
		return -1, err
	}
	return fd, nil
}
