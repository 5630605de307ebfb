package reactor

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hasAbstract: names that begin with "@" are in no file system.
const hasAbstract = true

// pathOffset is where the name begins in an address of unix(7).
const pathOffset = 2

func (sa *sockaddr) name() *[maxUnixPath + 1]byte {
	return (*[maxUnixPath + 1]byte)(unsafe.Add(unsafe.Pointer(sa), pathOffset))
}

// setPath makes sa the address of a unix socket, whose length has been checked;
// "@" begins an abstract name.
func (sa *sockaddr) setPath(path string) (size uint32) {
	sa.v6.Family = unix.AF_UNIX
	name := sa.name()
	n := copy(name[:], path)
	if path[0] == '@' {
		name[0] = 0
		return uint32(pathOffset + n)
	}
	name[n] = 0
	return uint32(pathOffset + n + 1)
}

// path returns the name in sa, of which size bytes count; that of a socket
// without one is empty.
func (sa *sockaddr) path(size int, known *paths) string {
	if size <= pathOffset {
		return ""
	}
	name := sa.name()[:min(size-pathOffset, maxUnixPath+1)]
	if name[0] == 0 {
		name[0] = '@'
		return known.text(name)
	}
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	return known.text(name)
}

// path returns the name of the unix socket that sent message i.
func (b *inbox) path(i int, known *paths) string {
	return b.names[i].path(int(b.msgs[i].hdr.Namelen), known)
}
