package reactor

import "golang.org/x/sys/unix"

// reservedFD is the descriptor that can not be watched: none.
const reservedFD = -1

// hungUp reports what epoll tells beside errors: the peer's end.
func hungUp(ev uint32) bool { return ev&unix.EPOLLRDHUP != 0 }

// urgent reports urgent data, at which a read stops short.
func urgent(ev uint32) bool { return ev&unix.EPOLLPRI != 0 }
