// Package self tells goroutines apart: a socket that belongs to a fiber must
// know whether it is the fiber that calls, which has to yield where another
// goroutine has to park.
package self

// ID returns a number that the calling goroutine has and no other one has as
// long as it runs. Safe to call from any goroutine.
func ID() uintptr { return id() }
