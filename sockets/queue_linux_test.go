package sockets

import (
	"net"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// listening returns a blocking socket that listens on sa with the shortest
// queue there is.
func listening(t testing.TB, family int, sa unix.Sockaddr) int {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Bind(fd, sa)
	}
	if err == nil {
		err = unix.Listen(fd, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// fullQueue returns a port whose queue takes no more connections.
func fullQueue(t testing.TB) (port string) {
	t.Helper()
	addr, err := sysName(listening(t, unix.AF_INET, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	if err != nil {
		t.Fatal(err)
	}
	port = strconv.Itoa(addr.Port)
	for {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, 10*short)
		if err != nil {
			return port
		}
		t.Cleanup(func() { _ = c.Close() })
	}
}

// fullUnixQueue listens on a path whose queue is full until accept is called.
func fullUnixQueue(t testing.TB, path string) (accept func()) {
	t.Helper()
	fd := listening(t, unix.AF_UNIX, &unix.SockaddrUnix{Name: path})
	for {
		c, err := net.DialTimeout("unix", path, short)
		if err != nil {
			break
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	return func() {
		if c, _, err := unix.Accept(fd); err == nil {
			_ = unix.Close(c)
		}
	}
}
