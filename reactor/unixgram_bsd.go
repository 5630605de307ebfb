//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package reactor

import "golang.org/x/sys/unix"

// hasAbstract: a name that begins with "@" is a file's as any other.
const hasAbstract = false

// path returns the name of the unix socket that sent message i.
func (b *inbox) path(i int, _ *paths) string {
	if sa, ok := b.names[i].(*unix.SockaddrUnix); ok {
		return sa.Name
	}
	return ""
}
