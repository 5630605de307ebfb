//go:build kharon_debug || (!amd64 && !arm64)

package reactor

import (
	"bytes"
	"runtime"
	"strconv"
)

// goroutineID returns the number of the calling goroutine, read from the first
// line of its stack: "goroutine 17 [running]:". It takes a microsecond.
func goroutineID() uint64 {
	var buf [64]byte
	f := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	id, _ := strconv.ParseUint(string(f[1]), 10, 64)
	return id
}
