//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sockets

import (
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

// sysRecv receives once. cut tells that there was more of a datagram.
func sysRecv(fd int, p []byte, flags int) (n int, from Addr, cut bool, err error) {
	for {
		n, _, got, sa, err := unix.Recvmsg(fd, p, nil, flags)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, Addr{}, false, err
		}
		return min(n, len(p)), fromSockaddr(sa), got&unix.MSG_TRUNC != 0, nil
	}
}

// sysSend sends once, to the connected peer when to is nil.
func sysSend(fd int, p []byte, flags int, to *Addr) (int, error) {
	var sa unix.Sockaddr
	if to != nil {
		sa = toSockaddr(*to)
	}
	for {
		n, err := unix.SendmsgN(fd, p, nil, sa, flags)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

func sysClose(fd int) error { return unix.Close(fd) }

func sysShutdown(fd int, how How) error {
	return unix.Shutdown(fd, [...]int{unix.SHUT_RD, unix.SHUT_WR, unix.SHUT_RDWR}[how])
}

func sysBind(fd int, a Addr) error { return unix.Bind(fd, toSockaddr(a)) }

func sysConnect(fd int, a Addr) error {
	err := unix.Connect(fd, toSockaddr(a))
	if err == unix.EINTR {
		return unix.EINPROGRESS // it goes on
	}
	return err
}

// sysConnected returns the outcome of a connect: EINPROGRESS while there is
// none.
func sysConnected(fd int) error {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if n != 0 {
		return unix.Errno(n)
	}
	if _, err := unix.Getpeername(fd); err == nil {
		return nil
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if n, _ := unix.Poll(fds, 0); n > 0 && fds[0].Revents&unix.POLLHUP != 0 {
		return unix.ENOTCONN // nothing is under way
	}
	return unix.EINPROGRESS
}

func sysListen(fd, backlog int) error { return unix.Listen(fd, backlog) }

// sysPoll returns what fd is ready for now. An end or an error is readiness for
// all that was asked for.
func sysPoll(fd int, ev Events) (Events, error) {
	var want int16
	if ev&Readable != 0 {
		want |= unix.POLLIN
	}
	if ev&Writable != 0 {
		want |= unix.POLLOUT
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: want}}
	for {
		_, err := unix.Poll(fds, 0)
		switch got := fds[0].Revents; {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case got&unix.POLLNVAL != 0:
			return 0, unix.EBADF
		default:
			return ready(got, ev), nil
		}
	}
}

func ready(got int16, asked Events) (ev Events) {
	if got&(unix.POLLIN|unix.POLLERR|unix.POLLHUP) != 0 {
		ev |= Readable
	}
	if got&(unix.POLLOUT|unix.POLLERR|unix.POLLHUP) != 0 {
		ev |= Writable
	}
	return ev & asked
}

// sysAlive returns EBADF when fd is closed.
func sysAlive(fd int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err
}

// sysOccupy makes fd, which is closed, a descriptor of something, unless
// another has it by now.
func sysOccupy(fd int) bool {
	first, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil || first == fd {
		return err == nil
	}
	defer func() { _ = unix.Close(first) }()
	second, err := unix.FcntlInt(uintptr(first), unix.F_DUPFD_CLOEXEC, fd)
	if err == nil && second != fd {
		_ = unix.Close(second)
	}
	return second == fd
}

// sysDup returns a copy of fd that is closed on exec.
func sysDup(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

func sysNonblock(fd int) error {
	unix.CloseOnExec(fd)
	return unix.SetNonblock(fd, true)
}

// sysName returns the address fd is bound to.
func sysName(fd int) (Addr, error) {
	sa, err := unix.Getsockname(fd)
	return fromSockaddr(sa), err
}

func sysPeer(fd int) (Addr, error) {
	sa, err := unix.Getpeername(fd)
	return fromSockaddr(sa), err
}
