package reactortest

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// leakEnv tells a child process, which is this test binary, what TestLeaksOnRequest shall leave behind.
const leakEnv = "REACTORTEST_LEAK"

// leakedFile keeps the garbage collector from closing what was leaked on purpose.
var leakedFile *os.File

func TestMain(m *testing.M) {
	var o Options
	if os.Getenv(leakEnv) != "" {
		o.Grace = 100 * time.Millisecond // what leaks on purpose will not close however long we wait
	}
	MainWith(m, o)
}

// TestLeaksOnRequest does nothing unless it runs as a child of the tests below.
func TestLeaksOnRequest(t *testing.T) {
	switch os.Getenv(leakEnv) {
	case "goroutine":
		go leakedGoroutine()
	case "fd":
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		leakedFile = f
	case "failure":
		t.Error("failed on request")
	}
}

func leakedGoroutine() { select {} }

func FuzzNothing(f *testing.F) {
	f.Fuzz(func(*testing.T, []byte) {})
}

func TestMainFindsWhatTestsLeaveBehind(t *testing.T) {
	for _, tt := range []struct {
		name, leak string
		args       []string
		code       int
		says       string
	}{
		{"nothing", "", nil, 0, "PASS"},
		{"goroutine", "goroutine", nil, 1, "leakedGoroutine"},
		{"descriptor", "fd", nil, 1, "-> " + os.DevNull},
		{"failed test", "failure", nil, 1, "failed on request"},
		{"list only", "goroutine", []string{"-test.list=Fuzz"}, 0, "FuzzNothing"},
		{"fuzzing", "", []string{"-test.fuzz=FuzzNothing", "-test.fuzztime=20x", "-test.fuzzcachedir=" + t.TempDir()},
			0, "PASS"},
		{"profiling", "", []string{"-test.cpuprofile=" + t.TempDir() + "/cpu"}, 0, "PASS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, code := runSelf(t, tt.leak, tt.args...)
			if code != tt.code || !strings.Contains(out, tt.says) {
				t.Errorf("exit code %d, want %d and %q in the output:\n%s", code, tt.code, tt.says, out)
			}
		})
	}
}

// runSelf runs this binary with TestLeaksOnRequest alone.
func runSelf(t *testing.T, leak string, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestLeaksOnRequest$"}, args...)...)
	cmd.Env = append(os.Environ(), leakEnv+"="+leak)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
