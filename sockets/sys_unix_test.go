//go:build unix

package sockets

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// waiting returns how many bytes the kernel has for fd, up to 4096.
func waiting(fd int) int {
	n, _, _ := unix.Recvfrom(fd, make([]byte, 4096), unix.MSG_PEEK)
	return n
}

// cpuTime returns the processor time the process has taken.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// closedOnExec tells whether a child process does not inherit fd.
func closedOnExec(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC != 0
}
