//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"os"

	"golang.org/x/sys/unix"
)

// sysPread reads at an offset, as pread(2) does.
func sysPread(fd int, p []byte, at int64) (int, error) {
	for {
		n, err := unix.Pread(fd, p, at)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// sysDupFile returns a descriptor of its own for f, close-on-exec.
func sysDupFile(f *os.File) (int, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	dup, failed := -1, error(nil)
	err = raw.Control(func(fd uintptr) { dup, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		return -1, err
	}
	return dup, os.NewSyscallError("fcntl", failed)
}
