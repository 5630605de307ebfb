package sockets

import "golang.org/x/sys/unix"

const newFlags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC

func sysSocket(k kind) (int, error) {
	return unix.Socket(int(k.family), int(k.typ)|newFlags, int(k.proto))
}

func sysPair(k kind) ([2]int, error) {
	return unix.Socketpair(int(k.family), int(k.typ)|newFlags, int(k.proto))
}

// sysAccept takes one connection from a listening socket.
func sysAccept(fd int) (int, Addr, error) {
	for {
		c, sa, err := unix.Accept4(fd, newFlags)
		if err != unix.EINTR {
			return c, fromSockaddr(sa), err
		}
	}
}

func sysWritev(fd int, vec [][]byte) (int, error) {
	for {
		n, err := unix.Writev(fd, vec)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// sysKind returns what fd was made as.
func sysKind(fd int) (k kind, err error) {
	get := func(name int) (n int) {
		if err == nil {
			n, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, name)
		}
		return n
	}
	k = kind{Family(get(unix.SO_DOMAIN)), Type(get(unix.SO_TYPE)), Protocol(get(unix.SO_PROTOCOL))}
	return k, err
}

// sysNextSize returns the length of the message that is next, or 0.
func sysNextSize(fd int) int {
	n, _, _ := unix.Recvfrom(fd, nil, unix.MSG_PEEK|unix.MSG_TRUNC|unix.MSG_DONTWAIT)
	return max(n, 0)
}
