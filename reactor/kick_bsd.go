//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A kick wakes a loop from any goroutine: a pipe whose reading end is among
// the loop's own descriptors. A user event of kqueue would do on some systems;
// a pipe does on all of them.
type kick struct {
	fd, w int
}

func openKick() (kick, error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Pipe(p[:]); err != nil {
		return kick{}, os.NewSyscallError("pipe", err)
	}
	var err error
	if p[0], err = avoidReserved(p[0], nil); err != nil {
		_ = unix.Close(p[1])
		return kick{}, os.NewSyscallError("fcntl", err)
	}
	for _, fd := range p {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			kick{p[0], p[1]}.close()
			return kick{}, os.NewSyscallError("fcntl", err)
		}
	}
	return kick{p[0], p[1]}, nil
}

// now wakes the loop; a full pipe is as good as a byte more. Safe to call from
// any goroutine.
func (k kick) now() {
	for {
		if _, err := unix.Write(k.w, []byte{1}); err != unix.EINTR {
			return
		}
	}
}

// seen is called by the loop when the kick has arrived: it empties the pipe.
func (k kick) seen() {
	var drain [128]byte
	for {
		n, err := unix.Read(k.fd, drain[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < len(drain) {
			return
		}
	}
}

func (k kick) close() {
	_ = unix.Close(k.fd)
	_ = unix.Close(k.w)
}
