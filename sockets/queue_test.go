//go:build !linux

package sockets

import "testing"

// Elsewhere a full queue does not behave in the way these tests rely on.

func fullQueue(t testing.TB) string {
	t.Skip("SKIPPED: full accept queues are tested on Linux alone")
	return ""
}

func fullUnixQueue(t testing.TB, _ string) func() {
	t.Skip("SKIPPED: full accept queues are tested on Linux alone")
	return nil
}
