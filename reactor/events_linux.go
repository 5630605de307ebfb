package reactor

import "golang.org/x/sys/unix"

// hungUp reports what epoll tells beside errors: the peer's end, and urgent
// data, at which a read stops short.
func hungUp(ev uint32) bool { return ev&(unix.EPOLLRDHUP|unix.EPOLLPRI) != 0 }
