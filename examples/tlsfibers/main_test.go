package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestLinesComeBackEncrypted builds and runs the program, and talks to it with
// the standard library's TLS.
func TestLinesComeBackEncrypted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: there is no reactor for Windows")
	}
	program := filepath.Join(t.TempDir(), "tlsfibers")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "-listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("it printed %q, %v", line, err)
	}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			talk(t, addr, i)
		}()
	}
	wg.Wait()
	_ = cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// talk sends lines and wants them back.
func talk(t *testing.T, addr string, client int) {
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	lines := bufio.NewScanner(c)
	for i := range 100 {
		want := fmt.Sprintf("client %d line %d", client, i)
		if _, err := fmt.Fprintln(c, want); err != nil {
			t.Error(err)
			return
		}
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("got %q, %v, want %q", lines.Text(), lines.Err(), want)
			return
		}
	}
}
