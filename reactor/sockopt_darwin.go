package reactor

import "golang.org/x/sys/unix"

const (
	keepIdle = unix.TCP_KEEPALIVE
	keepUnit = 1 // the times are in seconds
)
