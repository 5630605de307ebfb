package sockets

import "time"

// SetNoDelay tells whether small writes are sent at once, which is the default
// of every TCP connection here, or held back to be joined (Nagle's algorithm);
// see TCP_NODELAY in tcp(7). Safe to call from any goroutine.
func (s *Socket) SetNoDelay(on bool) error {
	return s.do("set", "setsockopt", func(fd int) error { return sysNoDelay(fd, on) })
}

// SetLinger tells what Close does with output that has not been delivered; see
// SO_LINGER in socket(7). Off, the default, the system goes on delivering. On
// with 0 it is dropped and the connection reset. On with d, in whole seconds,
// the system tries for so long. A negative d is ErrInvalid. Safe to call from
// any goroutine.
func (s *Socket) SetLinger(on bool, d time.Duration) error {
	if d < 0 {
		return s.opError("set", invalid("negative time to linger"))
	}
	return s.do("set", "setsockopt", func(fd int) error { return sysLinger(fd, on, int(d/time.Second)) })
}
