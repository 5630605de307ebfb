//go:build unix

package reactor

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPartsOfFilesPassThroughMemory sends a file the way of systems, and of
// files, that sendfile(2) does not serve.
func TestPartsOfFilesPassThroughMemory(t *testing.T) {
	contents := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	part, err := openPart(f, 5, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer part.close()
	part.copy = true
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	peer := os.NewFile(uintptr(pair[1]), "peer")
	defer peer.Close()
	if err := unix.SetNonblock(pair[0], true); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for part.left > 0 { // what the socket takes is read before it is tried again
		n, err := part.send(pair[0])
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
		p := make([]byte, n)
		if _, err := io.ReadFull(peer, p); err != nil {
			t.Fatal(err)
		}
		got = append(got, p...)
	}
	if !bytes.Equal(got, contents[5:]) {
		t.Errorf("%d bytes of %d came, or others", len(got), len(contents)-5)
	}
	part.left = 1
	var short *ShortFileError
	if _, err := part.send(pair[0]); !errors.As(err, &short) || short.Offset != int64(len(contents)) {
		t.Errorf("beyond the end: %v", err)
	}
	_ = unix.Close(pair[0])
}
