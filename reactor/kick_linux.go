package reactor

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// A kick wakes a loop from any goroutine: an eventfd among the loop's own
// descriptors. It is never read, because each write makes a new edge; only
// when the counter is full, after 2^64-2 kicks, it is emptied.
type kick struct {
	fd int
}

func openKick() (kick, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return kick{}, os.NewSyscallError("eventfd", err)
	}
	return kick{fd}, nil
}

// one is what a kick adds to the counter: 1, in the byte order of the machine.
var one = binary.NativeEndian.AppendUint64(nil, 1)

// now wakes the loop. Safe to call from any goroutine.
func (k kick) now() {
	for {
		_, err := unix.Write(k.fd, one)
		switch err {
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			var drain [8]byte
			_, _ = unix.Read(k.fd, drain[:])
			continue
		}
		return
	}
}

// seen is called by the loop when the kick has arrived.
func (k kick) seen() {}

func (k kick) close() { _ = unix.Close(k.fd) }
