package reactor

import "golang.org/x/sys/unix"

// sysDelivered reports whether the peer's kernel has all that was written; see
// SIOCOUTQ in tcp(7).
func sysDelivered(fd int) bool {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	return err == nil && n == 0
}
