package reactortest

import (
	"os"
	"os/exec"
	"testing"
)

// RequirePeers names the environment variable that, set to anything, turns a skip by [Need] into a failure. Continuous
// integration sets it: there, nothing is skipped.
const RequirePeers = "KHARON_REQUIRE_PEERS"

// Need returns the path of a program that the test compares itself with, such as "tarantool" or "socat". When PATH
// does not have it, the test is skipped, or failed if [RequirePeers] is set.
//
// Must be called on the test's goroutine.
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv(RequirePeers) != "" {
		t.Fatalf("%s not found in PATH, and %s forbids to skip: install it, as in `apt-get install %s`",
			program, RequirePeers, program)
	}
	t.Skipf("SKIPPED: %s not found in PATH; install it, as in `apt-get install %s`", program, program)
	return ""
}
