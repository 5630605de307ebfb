//go:build linux && !race

package reactor_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// smallWrites is how many messages are written. gnet's AsyncWrite makes a
// system call of each.
const smallWrites = 200_000

// writeSmall writes so many messages of 64 bytes from outside the loop, to a
// peer that reads them, and returns what the loop counted meanwhile.
func writeSmall(t *testing.T) (s reactor.Stats) {
	t.Helper()
	conn, client := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	before := conn.Loop().Stats()
	read := make(chan int64, 1)
	go func() {
		n, _ := io.CopyBuffer(struct{ io.Writer }{io.Discard}, client, make([]byte, 1<<20))
		read <- n
	}()
	message := make([]byte, 64)
	for range smallWrites {
		if _, err := conn.Write(message); err != nil {
			t.Fatal(err)
		}
	}
	_ = conn.Close()
	if n := <-read; n != smallWrites*int64(len(message)) {
		t.Errorf("%d bytes came", n)
	}
	s = conn.Loop().Stats()
	s.Writes -= before.Writes
	s.Kicks -= before.Kicks
	return s
}

func TestSmallWritesFromOutsideShareSystemCalls(t *testing.T) {
	s := writeSmall(t)
	t.Logf("%d writes: %d system calls that wrote, %d kicks", smallWrites, s.Writes, s.Kicks)
	// How many there are is between the scheduler and the kernel: the loop
	// writes as soon as it is woken, and wakes up for what has come since.
	if n := s.Writes + s.Kicks; n > smallWrites/20 {
		t.Errorf("%d system calls for %d writes", n, smallWrites)
	}
}

// inStrace is set in the environment of a test binary that runs under strace.
const inStrace = "KHARON_TEST_IN_STRACE"

// TestStraceCountsFewSystemCallsForSmallWrites has strace count, which makes
// each system call slow, so that even more writes share one.
func TestStraceCountsFewSystemCallsForSmallWrites(t *testing.T) {
	if os.Getenv(inStrace) != "" {
		writeSmall(t)
		return
	}
	strace := reactortest.Need(t, "strace")
	n := smallWrites
	for range 3 { // another process may take a processor from one of them
		n = min(n, countWrites(t, strace))
	}
	if n == 0 || n > smallWrites/1000 {
		t.Errorf("%d system calls for %d writes", n, smallWrites)
	}
}

// countWrites runs the calling test under strace and returns how many system
// calls wrote to anything: sockets, and what wakes loops.
func countWrites(t *testing.T, strace string) int {
	t.Helper()
	summary := filepath.Join(t.TempDir(), "summary")
	cmd := exec.Command(strace, "-f", "-c", "-e", "trace=write,writev,sendto,sendmsg,sendmmsg,pwritev2", "-o", summary,
		os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inStrace+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d writes:\n%s", smallWrites, text)
	return writesIn(text)
}

// writesIn sums up the table of strace -c: the fourth column counts, the last
// one names.
func writesIn(text []byte) (n int) {
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) < 5 || f[len(f)-1] == "total" {
			continue
		}
		if calls, err := strconv.Atoi(f[3]); err == nil {
			n += calls
		}
	}
	return n
}
