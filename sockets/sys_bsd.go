//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sockets

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func sysSocket(k kind) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(int(k.family), int(k.typ), int(k.proto))
	if err == nil {
		err = prepared(fd)
	}
	return fd, err
}

func sysPair(k kind) ([2]int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(int(k.family), int(k.typ), int(k.proto))
	if err == nil {
		if err = prepared(fds[0]); err != nil {
			_ = unix.Close(fds[1])
		} else if err = prepared(fds[1]); err != nil {
			_ = unix.Close(fds[0])
		}
	}
	return fds, err
}

// sysAccept takes one connection from a listening socket.
func sysAccept(fd int) (int, Addr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for {
		c, sa, err := unix.Accept(fd)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return -1, Addr{}, err
		case prepared(c) != nil:
			return -1, Addr{}, unix.ECONNABORTED // this one connection is of no use
		}
		return c, fromSockaddr(sa), nil
	}
}

// prepared makes fd non-blocking and close-on-exec, or closes it.
func prepared(fd int) error {
	err := sysNonblock(fd)
	if err != nil {
		_ = unix.Close(fd)
	}
	return err
}

// sysWritev writes buffer after buffer: the kernel's call is not among those
// that x/sys/unix offers on every one of these systems. A short write ends it.
func sysWritev(fd int, vec [][]byte) (total int, err error) {
	for _, p := range vec {
		n, err := sysWrite(fd, p)
		total += n
		if err != nil && total > 0 && err == unix.EAGAIN {
			err = nil
		}
		if err != nil || n < len(p) {
			return total, err
		}
	}
	return total, nil
}

// sysKind returns what fd was made as, as far as the system tells.
func sysKind(fd int) (k kind, err error) {
	t, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return k, err
	}
	a, err := sysName(fd)
	return kind{family: a.Family, typ: Type(t)}, err
}

// sysNextSize returns 0: the system does not tell the length of what is next.
func sysNextSize(int) int { return 0 }
