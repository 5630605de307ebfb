package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// soon is how long the test waits for what must happen.
const soon = 20 * time.Second

// TestSocatShipsAFile runs the program and drives it with socat, as its
// documentation says.
func TestSocatShipsAFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: there is no reactor for Windows")
	}
	socat := reactortest.Need(t, "socat")
	dir := t.TempDir()
	file := filepath.Join(dir, "tmp.txt")
	if err := os.WriteFile(file, []byte("A\nB\nC\nno line feed"), 0o600); err != nil {
		t.Fatal(err)
	}
	server, lines := start(t, build(t, dir))
	wantLine(t, lines, "Initialized")
	addr, ok := strings.CutPrefix(<-lines, "listening on ")
	if !ok {
		t.Fatal("it does not say where it listens")
	}
	for range 2 {
		if out, err := exec.Command(socat, "TCP:"+addr, file).CombinedOutput(); err != nil {
			t.Fatalf("socat: %v\n%s", err, out)
		}
		for _, want := range []string{"A", "B", "C", "no line feed"} {
			wantLine(t, lines, want)
		}
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if line, more := <-lines; more {
		t.Errorf("after the signal it prints %q", line)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	if text, err := os.ReadFile(file); string(text) != "A\nB\nC\nno line feed" {
		t.Errorf("the file is now %q, %v", text, err)
	}
}

// build compiles the program into dir.
func build(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "tcpserver")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// start runs the program on a free port; the lines it prints come from the
// channel, which is closed when it ends.
func start(t *testing.T, program string) (*exec.Cmd, <-chan string) {
	t.Helper()
	cmd := exec.Command(program, "-addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return cmd, lines
}

func wantLine(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	select {
	case got := <-lines:
		if got != want {
			t.Errorf("it prints %q, want %q", got, want)
		}
	case <-time.After(soon):
		t.Fatalf("it does not print %q", want)
	}
}
