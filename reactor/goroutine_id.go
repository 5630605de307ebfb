//go:build kharon_debug || (!386 && !amd64 && !arm64)

package reactor

import "runtime"

// goroutineID returns the number of the calling goroutine, read from the first
// line of its stack: "goroutine 17 [running]:". It takes a microsecond.
func goroutineID() (id uint64) {
	var buf [32]byte
	for _, c := range buf[len("goroutine "):runtime.Stack(buf[:], false)] {
		if c < '0' || c > '9' {
			break
		}
		id = 10*id + uint64(c-'0')
	}
	return id
}
