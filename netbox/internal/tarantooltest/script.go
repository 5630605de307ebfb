package tarantooltest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kharon-net/kharon/reactor/reactortest"
)

// RunScript runs a Lua script with Tarantool and returns what it printed. The script finds args in "...". It is how a
// real net.box talks to a server under test:
//
//	out := tarantooltest.RunScript(t, `print(require('net.box').connect(...):ping())`, addr)
//
// The test fails, and shows what the script wrote to stderr, when its exit code is not 0 or it runs longer than
// [reactortest.Patience].
//
// Must be called on the test's goroutine.
func RunScript(t testing.TB, script string, args ...string) (stdout string) {
	t.Helper()
	binary, dir := reactortest.Need(t, "tarantool"), t.TempDir()
	path := filepath.Join(dir, "script.lua")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{path}, args...)...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = dir, &out, &errs, patience
	ownGroup(cmd)
	cmd.Cancel = func() error { signalGroup(cmd, syscall.SIGKILL); return nil }
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		t.Fatalf("tarantool script: %v\nstdout:\n%s\nstderr:\n%s", err, &out, &errs)
	}
	return out.String()
}
