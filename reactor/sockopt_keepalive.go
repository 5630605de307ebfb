//go:build linux || darwin || dragonfly || freebsd || netbsd

package reactor

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	keepInterval = unix.TCP_KEEPINTVL
	keepCount    = unix.TCP_KEEPCNT
)

func setKeepTime(fd, option int, d time.Duration) error {
	return setsockopt(fd, unix.IPPROTO_TCP, option, seconds(d)*keepUnit)
}

func setKeepCount(fd, option int, n time.Duration) error {
	return setsockopt(fd, unix.IPPROTO_TCP, option, int(n))
}
