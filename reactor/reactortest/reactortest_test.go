package reactortest

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestEventuallyReturnsOnceTheConditionIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		Eventually(t, func() bool { return time.Since(start) >= time.Second }, "a second to pass")
		if took := time.Since(start); took > time.Second+longestPause {
			t.Errorf("took %v", took)
		}
	})
}

func TestEventuallyFailsAfterTheLimit(t *testing.T) {
	got := record(t, func(tb testing.TB) {
		EventuallyWithin(tb, 30*time.Millisecond, func() bool { return false }, "%s to freeze", "hell")
	})
	if want := "fatal: waited 30ms in vain for hell to freeze"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNeed(t *testing.T) {
	const missing = "kharon-no-such-program"
	for _, tt := range []struct {
		name, program, require, want string
	}{
		{"present", "go", "", ""},
		{"present and required", "go", "1", ""},
		{"missing", missing, "", "skip: SKIPPED: " + missing + " not found in PATH; " +
			"install it, as in `apt-get install " + missing + "`"},
		{"missing and required", missing, "1", "fatal: " + missing + " not found in PATH, and KHARON_REQUIRE_PEERS " +
			"forbids to skip: install it, as in `apt-get install " + missing + "`"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(RequirePeers, tt.require)
			var path string
			got := record(t, func(tb testing.TB) { path = Need(tb, tt.program) })
			if got != tt.want {
				t.Errorf("outcome %q, want %q", got, tt.want)
			}
			if (path != "") != (tt.want == "") {
				t.Errorf("path %q", path)
			}
		})
	}
}
