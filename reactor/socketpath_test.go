//go:build unix

package reactor_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// leaveSocket makes a unix socket where nobody listens any more.
func leaveSocket(t *testing.T, network, path string) {
	t.Helper()
	ln, err := net.ListenUnix(network, &net.UnixAddr{Name: path, Net: network})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	_ = ln.Close()
}

// socketPath returns a path short enough for a unix socket.
func socketPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "s")
}

func TestStaleSocketIsReplaced(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	path := socketPath(t)
	leaveSocket(t, "unix", path)
	prepared := 0
	cfg := reactor.ListenConfig{Prepare: func(int) (int, error) { prepared++; return 0, nil }}
	for range 3 {
		ln, err := r.Listen("unix", path, cfg, echo)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, dial(t, ln), "hello")
		_ = ln.Close()
		leaveSocket(t, "unix", path)
	}
	if prepared != 3 {
		t.Errorf("Prepare was called %d times, want once for each socket", prepared)
	}
}

func TestWhatIsNotStaleStays(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	for name, occupy := range map[string]func(t *testing.T, path string){
		"a file": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"a directory": func(t *testing.T, path string) { _ = os.Mkdir(path, 0o700) },
		"a link to a stale socket": func(t *testing.T, path string) {
			leaveSocket(t, "unix", path+"2")
			_ = os.Symlink(path+"2", path)
		},
		"a listener": func(t *testing.T, path string) {
			ln, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = ln.Close() })
		},
		"a socket for datagrams": func(t *testing.T, path string) {
			c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := socketPath(t)
			occupy(t, path)
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Listen("unix", path, reactor.ListenConfig{}, echo); !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("Listen returned %v", err)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("what was there is gone: %v", err)
			}
		})
	}
}

func TestCloseRemovesItsOwnSocketOnly(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	path := socketPath(t)
	first, err := r.Listen("unix", path, reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil { // as an overzealous administrator does
		t.Fatal(err)
	}
	second, err := r.Listen("unix", path, reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Close()
	roundTrip(t, dial(t, second), "the path is the second one's")
	_ = second.Close()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the path is left: %v", err)
	}
}

func TestRelativePathIsRemovedFromWhereItWasMade(t *testing.T) {
	r := start(t, reactor.Config{Loops: 1})
	dir := t.TempDir()
	t.Chdir(dir)
	ln, err := r.Listen("unix", "s", reactor.ListenConfig{}, echo)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	_ = ln.Close()
	if _, err := os.Lstat(filepath.Join(dir, "s")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the path is left: %v", err)
	}
}

func TestReusePortIsNotForUnixSockets(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	path := socketPath(t)
	_, err := r.Listen("unix", path, reactor.ListenConfig{ReusePort: true}, echo)
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Listen returned %v", err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("a path was left behind")
	}
}
