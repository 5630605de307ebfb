//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package sockets

// The flags that every system has.
const (
	FlagOOB       Flag = 1 << iota // urgent data
	FlagPeek                       // receive, and leave it there
	FlagDontRoute                  // to directly connected networks only
	FlagWaitAll                    // ask for all of it; not a wait here

	flagTrunc
)

var flags = map[string]Flag{"OOB": FlagOOB, "PEEK": FlagPeek, "DONTROUTE": FlagDontRoute, "WAITALL": FlagWaitAll}
