package reactor

import (
	"net"
	"os"
	"strings"
	"syscall"
)

// unixgram is what a UDP has beside when it is a unix socket.
type unixgram struct {
	// immutable
	path   boundPath
	remote string // the one remote end; "": any

	known paths // owned by the loop
}

// aim finds out where a datagram goes, or why it can not.
func (x *unixgram) aim(p []byte, to string) (target, error) {
	t := target{path: to}
	switch {
	case len(p) > maxDatagram:
		return t, x.opError("write", t, syscall.EMSGSIZE)
	case x.remote != "" && to != "" && to != x.remote:
		return t, x.opError("write", t, net.ErrWriteToConnected)
	case x.remote != "":
		return target{}, nil
	case to == "":
		return t, x.opError("write", t, syscall.EDESTADDRREQ)
	case len(to) > maxUnixPath:
		return t, x.opError("write", t, syscall.ENAMETOOLONG)
	case !isAbstract(to) && strings.IndexByte(to, 0) >= 0:
		return t, x.opError("write", t, syscall.EINVAL)
	}
	return t, nil
}

// sender returns who sent message i.
func (x *unixgram) sender(in *inbox, i int) string {
	if x.remote != "" {
		return x.remote
	}
	return in.path(i, &x.known)
}

func (x *unixgram) opError(op string, to target, err error) error {
	if to.path == "" {
		to.path = x.remote
	}
	return &net.OpError{Op: op, Net: "unixgram", Source: unixgramAddr(x.path.name), Addr: unixgramAddr(to.path), Err: err}
}

// unixgramAddr returns a path as an address, that of no path as none.
func unixgramAddr(path string) net.Addr {
	if path == "" {
		return nil
	}
	return &net.UnixAddr{Name: path, Net: "unixgram"}
}

// isAbstract reports whether a path is in no file system.
func isAbstract(path string) bool { return hasAbstract && path[0] == '@' }

// maxPaths is how many names of peers a socket remembers.
const maxPaths = 1024

// paths are the names of peers, so that each is made a string once.
type paths map[string]string

func (p *paths) text(name []byte) string {
	if s, ok := (*p)[string(name)]; ok {
		return s
	}
	if *p == nil || len(*p) >= maxPaths {
		*p = paths{}
	}
	s := string(name)
	(*p)[s] = s
	return s
}

// A boundPath is where a socket is bound in the file system.
type boundPath struct {
	name string
	file os.FileInfo // nil: it is not in the file system
}

// claim notes whose the path is that a socket was just bound to.
func claim(path string) boundPath {
	b := boundPath{name: path}
	if path != "" && !isAbstract(path) {
		b.file, _ = os.Lstat(path)
	}
	return b
}

// remove removes the path, unless it is somebody else's by now.
func (b boundPath) remove() {
	if b.file == nil {
		return
	}
	if now, err := os.Lstat(b.name); err == nil && os.SameFile(now, b.file) {
		_ = os.Remove(b.name)
	}
}
