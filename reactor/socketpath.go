package reactor

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// A socketPath is the file of a unix socket that a listener has made, and
// removes at its end: that one, and not what somebody else may have put in its
// place meanwhile. As long as the listening socket is open the system gives the
// number of its inode to no other file.
type socketPath struct {
	name string // absolute; "": there is none to remove
	file os.FileInfo
}

// madePath takes note of the file that was made by binding to addr. Abstract
// names have none.
func madePath(addr net.Addr) socketPath {
	name := pathOf(addr)
	if name == "" {
		return socketPath{}
	}
	file, err := os.Lstat(name)
	if err != nil || !isSocket(file) {
		return socketPath{}
	}
	if abs, err := filepath.Abs(name); err == nil {
		name = abs // the working directory may change
	}
	return socketPath{name, file}
}

func (p *socketPath) remove() {
	if p.name == "" {
		return
	}
	if now, err := os.Lstat(p.name); err == nil && isSocket(now) && os.SameFile(now, p.file) {
		_ = os.Remove(p.name)
	}
}

// removeStale removes the unix socket at addr if nobody listens there, and
// reports whether it has done so. It removes nothing else: not a file of
// another kind, and not a socket that answers, be it of another type or with
// its queue full.
func removeStale(addr net.Addr) bool {
	name := pathOf(addr)
	if name == "" {
		return false
	}
	before, err := os.Lstat(name)
	if err != nil || !isSocket(before) {
		return false
	}
	fd, _, err := sysConnect(addr, nil)
	if err == nil {
		_ = sysClose(fd)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return false
	}
	now, err := os.Lstat(name)
	return err == nil && os.SameFile(now, before) && os.Remove(name) == nil
}

// pathOf returns the path that a unix address names in the file system, or "".
func pathOf(addr net.Addr) string {
	ua, ok := addr.(*net.UnixAddr)
	if !ok || ua.Name == "" || abstractNames && ua.Name[0] == '@' {
		return ""
	}
	return ua.Name
}

func isSocket(file os.FileInfo) bool { return file.Mode().Type() == os.ModeSocket }
