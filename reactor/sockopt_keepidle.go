//go:build linux || freebsd || netbsd

package reactor

import "golang.org/x/sys/unix"

const (
	keepIdle = unix.TCP_KEEPIDLE
	keepUnit = 1 // the times are in seconds
)
