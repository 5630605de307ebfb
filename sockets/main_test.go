package sockets

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kharon-net/kharon/reactor"
)

// TestMain fails when a test has left a goroutine or a descriptor behind.
func TestMain(m *testing.M) {
	if args := os.Getenv(clientEnv); args != "" {
		echoClient(args)
		return
	}
	before := countFDs()
	code := m.Run()
	if err := stopDefault(); err != nil {
		fmt.Println("the default reactor did not stop:", err)
		code = max(code, 1)
	}
	if err := goleak.Find(); err != nil {
		fmt.Println(err)
		code = max(code, 1)
	}
	// The runtime keeps an epoll and an event descriptor of its own.
	if after := countFDs(); after > before+2 {
		fmt.Printf("%d descriptors were open before the tests, %d are after them\n", before, after)
		code = max(code, 1)
	}
	os.Exit(code)
}

// stopDefault shuts the default reactor down: that waits for every socket.
func stopDefault() error {
	r, err := reactor.Default()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return r.Shutdown(ctx)
}

// countFDs returns how many descriptors the process has open, or 0 where that
// can not be told.
func countFDs() int {
	dir := map[string]string{"linux": "/proc/self/fd", "darwin": "/dev/fd", "freebsd": "/dev/fd"}[runtime.GOOS]
	names, _ := os.ReadDir(dir)
	return len(names)
}
