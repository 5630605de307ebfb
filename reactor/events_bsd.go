//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

// hungUp reports nothing: kqueue tells of the peer's end in the flags.
func hungUp(any) bool { return false }

// urgent reports nothing: kqueue does not tell.
func urgent(any) bool { return false }
