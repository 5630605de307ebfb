//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"golang.org/x/sys/unix"
)

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

func sysClose(fd int) error {
	// On Linux the descriptor is gone even if close reports EINTR.
	return unix.Close(fd)
}
