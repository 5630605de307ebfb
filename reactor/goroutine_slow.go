//go:build !386 && !amd64 && !arm64

package reactor

// self returns what tells the calling goroutine from all others that live: its
// number, since nobody has written the two instructions for this processor.
func self() uintptr { return uintptr(goroutineID()) }
