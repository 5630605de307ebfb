package reactor

import "golang.org/x/sys/unix"

const (
	keepIdle = unix.TCP_KEEPIDLE
	keepUnit = 1000 // the times are in milliseconds
)
