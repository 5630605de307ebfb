package reactortest

import (
	"testing"
	"time"
)

// Patience is how long a test waits for what ought to happen at once. It is generous, because it is spent only by a
// test that fails, and a loaded machine under the race detector can be slow. Use it for a test's own timeouts too.
const Patience = 30 * time.Second

// longestPause bounds how rarely a condition is looked at.
const longestPause = 20 * time.Millisecond

// Eventually waits until cond is true and fails the test with the message when that takes longer than [Patience]. The
// message says what was awaited, as in "the session to be closed". cond is called on the goroutine of the caller, many
// times.
//
// Must be called on the test's goroutine.
func Eventually(t testing.TB, cond func() bool, format string, args ...any) {
	t.Helper()
	EventuallyWithin(t, Patience, cond, format, args...)
}

// EventuallyWithin is [Eventually] with a limit of its own, for what has to happen soon to be right.
//
// Must be called on the test's goroutine.
func EventuallyWithin(t testing.TB, limit time.Duration, cond func() bool, format string, args ...any) {
	t.Helper()
	if !await(limit, cond) {
		t.Fatalf("waited %v in vain for "+format, append([]any{limit}, args...)...)
	}
}

// await looks at cond, seldom and seldomer, until it is true or the limit has passed. It looks at least once.
func await(limit time.Duration, cond func() bool) bool {
	deadline := time.Now().Add(limit)
	for pause := time.Millisecond; ; pause = min(2*pause, longestPause) {
		if cond() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pause)
	}
}
