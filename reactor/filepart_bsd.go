//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import "golang.org/x/sys/unix"

// sysSendfile sends nothing: the calls of these systems differ, and some have
// none, so files are read and written.
func sysSendfile(_, _ int, _ int64, _ int) (int, error) { return 0, unix.ENOSYS }
