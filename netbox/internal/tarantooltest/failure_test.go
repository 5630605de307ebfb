package tarantooltest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// mishapEnv names the mishap that a child process, which is this test binary, shall run into.
const mishapEnv = "TARANTOOLTEST_MISHAP"

// TestMishapOnRequest does nothing unless it runs as a child of the test below.
func TestMishapOnRequest(t *testing.T) {
	switch os.Getenv(mishapEnv) {
	case "server script":
		tarantooltest.Start(t, tarantooltest.Options{Script: "error('broken on purpose')"})
	case "client script":
		tarantooltest.RunScript(t, "print('so far') error('broken on purpose')")
	case "failed test":
		srv := tarantooltest.Start(t, tarantooltest.Options{Script: "require('log').error('a line of the log')"})
		t.Error("failed on", srv.Addr)
	case "dead test process":
		srv := tarantooltest.Start(t, tarantooltest.Options{})
		os.Stdout.WriteString(srv.Addr + "\n")
		os.Exit(1)
	}
}

func TestMishapsExplainThemselves(t *testing.T) {
	reactortest.Need(t, "tarantool")
	for _, tt := range []struct {
		name string
		says []string
	}{
		{"server script", []string{"tarantool ended before it listened", "broken on purpose"}},
		{"client script", []string{"exit status 1", "so far", "broken on purpose"}},
		{"failed test", []string{"failed on 127.0.0.1:", "a line of the log"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := runMishap(t, tt.name)
			for _, want := range tt.says {
				if !strings.Contains(out, want) {
					t.Errorf("%q is missing in:\n%s", want, out)
				}
			}
		})
	}
}

func TestServerEndsWithTheTestProcess(t *testing.T) {
	reactortest.Need(t, "tarantool")
	addr, _, _ := strings.Cut(runMishap(t, "dead test process"), "\n")
	reactortest.Eventually(t, func() bool { return !accepts(addr) }, "the orphaned server on %s to end", addr)
}

// runMishap runs this binary with TestMishapOnRequest alone and expects it to fail.
func runMishap(t *testing.T, name string) (output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMishapOnRequest$")
	cmd.Env = append(os.Environ(), mishapEnv+"="+name)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("passed:\n%s", out)
	}
	return string(out)
}
