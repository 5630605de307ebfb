package reactor

import "golang.org/x/sys/unix"

// sysDelivered reports whether the peer's kernel has all that was written; see
// SIOCOUTQ in tcp(7).
func sysDelivered(fd int) bool {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	return err == nil && n == 0
}

// sysTransmitted reports whether all that was written is on its way at least: what waits for room at the peer is lost
// when the connection is reset, what is on its way arrives before the reset does. See SIOCOUTQNSD of Linux's
// sockios.h; of others than TCP it reports true.
func sysTransmitted(fd int) bool {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQNSD)
	return err != nil || n == 0
}
