package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestMain(m *testing.M) {
	reactortest.MainWith(m, reactortest.Options{After: func() {
		if r, err := reactor.Default(); err == nil {
			_ = r.Close()
		}
	}})
}

// start builds and runs the program and returns where it listens.
func start(t *testing.T, args ...string) (cmd *exec.Cmd, addr string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "pushserver")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd = exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("it printed %q, %v", line, err)
	}
	return cmd, addr
}

func TestCountToPushesAndReturns(t *testing.T) {
	cmd, addr := start(t, "-listen", "127.0.0.1:0", "-delay", "1ms")
	ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
	defer cancel()
	conn, err := netbox.Connect(ctx, addr, netbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fut := conn.Send(netbox.Call("count_to", 5))
	want := int64(1)
	for msg, err := range fut.Pushes(ctx) {
		if got, _ := msg.Int(); err != nil || got != want {
			t.Fatalf("message %d is %d, %v", want, got, err)
		}
		want++
	}
	if r, err := fut.Wait(ctx); err != nil || r.String(0) != "done" || want != 6 {
		t.Errorf("%d messages and %v, %v", want-1, r, err)
	}
	if _, err := conn.Call(ctx, "count_to", "five"); err == nil {
		t.Error("it counted to a word")
	}
	_ = cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
