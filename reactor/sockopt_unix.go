//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import (
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func setsockopt(fd, level, option, value int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, option, value))
}

func sysSetNoDelay(fd int, on bool) error {
	return setsockopt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, bit(on))
}

func sysSetKeepAlive(fd int, on bool) error {
	return setsockopt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, bit(on))
}

func sysSetReadBuffer(fd, bytes int) error {
	return setsockopt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
}

func sysSetWriteBuffer(fd, bytes int) error {
	return setsockopt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bytes)
}

func sysSetLinger(fd, sec int) error {
	l := unix.Linger{Onoff: int32(bit(sec >= 0)), Linger: int32(max(sec, 0))}
	return os.NewSyscallError("setsockopt", unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l))
}

// sysSetKeepAliveTimes sets those times that are not negative.
func sysSetKeepAliveTimes(fd int, cfg net.KeepAliveConfig) error {
	for _, o := range []struct {
		option int
		value  time.Duration
		set    func(fd, option int, d time.Duration) error
	}{
		{keepIdle, cfg.Idle, setKeepTime},
		{keepInterval, cfg.Interval, setKeepTime},
		{keepCount, time.Duration(cfg.Count), setKeepCount},
	} {
		if o.value < 0 {
			continue
		}
		if err := o.set(fd, o.option, o.value); err != nil {
			return err
		}
	}
	return nil
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}
