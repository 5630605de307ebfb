//go:build !race

package reactor

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawMost is the size in bytes from which the scheduler is told of a read or a
// write of a socket. One that is smaller takes a few microseconds, since the
// sockets are non-blocking, and telling would be a tenth of it; what is larger
// must not keep a processor from the other goroutines meanwhile. Under the race
// detector, which wants to know of the memory they touch, all are those of
// package unix.
const rawMost = loopBuffer

func sysRead(fd int, p []byte) (int, error) {
	for {
		n, err := rawCall(unix.SYS_READ, fd, p, unix.Read)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

func sysWrite(fd int, p []byte) (int, error) {
	for {
		n, err := rawCall(unix.SYS_WRITE, fd, p, unix.Write)
		if err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// rawCall makes the system call, of which told is the variant for large p.
func rawCall(trap uintptr, fd int, p []byte, told func(fd int, p []byte) (int, error)) (int, error) {
	if len(p) > rawMost {
		return told(fd, p)
	}
	n, _, errno := unix.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
