//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

// reservedFD is the descriptor that can not be watched: gnet's poller takes
// every event of number 0 for its own wake-up. Sockets and pipes made here
// avoid it.
const reservedFD = 0

// hungUp reports nothing: kqueue tells of the peer's end in the flags.
func hungUp(any) bool { return false }

// urgent reports nothing: kqueue does not tell.
func urgent(any) bool { return false }
