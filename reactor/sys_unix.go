//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"golang.org/x/sys/unix"
)

// The system calls, with EINTR tried again and nothing else done to them.

func sysClose(fd int) error {
	// On Linux the descriptor is gone even if close reports EINTR.
	return unix.Close(fd)
}
