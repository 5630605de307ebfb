package reactor

import (
	"net"

	"golang.org/x/sys/unix"
)

const (
	abstractNames = true // of unix sockets, beginning with @
	kernelSpreads = true // connections over the sockets with SO_REUSEPORT
)

func sysWritev(fd int, vec [][]byte) (int, error) {
	if len(vec) == 1 {
		return sysWrite(fd, vec[0])
	}
	for {
		n, err := unix.Writev(fd, vec)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// sysAccept takes one connection from a listening socket, non-blocking and
// close-on-exec.
func sysAccept(fd int) (int, net.Addr, error) {
	c, sa, err := unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return -1, nil, err
	}
	return c, fromSockaddr(sa), nil
}

// sysSocket makes a socket, non-blocking and close-on-exec.
func sysSocket(family, typ, proto int) (int, error) {
	return unix.Socket(family, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
}
