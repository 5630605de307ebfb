//go:build unix

package netbox

import (
	"os"
	"syscall"
	"testing"
)

// dup returns a descriptor of the file's that nobody else closes, and closes the file.
func dup(t *testing.T, f *os.File) uintptr {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	return uintptr(fd)
}
