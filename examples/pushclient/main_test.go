package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) { reactortest.Main(m) }

// build builds the program in dir and returns its path.
func build(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-o", program, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// serve runs the example pushserver until the test is over and returns its
// address.
func serve(t *testing.T) (addr string) {
	t.Helper()
	cmd := exec.Command(build(t, "../pushserver"), "-listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("the server printed %q, %v", line, err)
	}
	return addr
}

func TestPushesArePrintedAndThenTheResult(t *testing.T) {
	addr := serve(t)
	out, err := exec.Command(build(t, "."), "-addr", addr, "-n", "3").CombinedOutput()
	if want := "pushed 1\npushed 2\npushed 3\nresult done\n"; err != nil || string(out) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, out, want)
	}
}

func TestNoServerIsAnError(t *testing.T) {
	var stderr bytes.Buffer
	cmd := exec.Command(build(t, "."), "-addr", "unix/:"+filepath.Join(t.TempDir(), "nobody"))
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), "nobody") {
		t.Errorf("%v: %s", err, &stderr)
	}
}
