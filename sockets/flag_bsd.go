//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sockets

import "golang.org/x/sys/unix"

// The flags that every system has.
const (
	FlagOOB       Flag = unix.MSG_OOB       // urgent data
	FlagPeek      Flag = unix.MSG_PEEK      // receive, and leave it there
	FlagDontRoute Flag = unix.MSG_DONTROUTE // to directly connected networks only
	FlagWaitAll   Flag = unix.MSG_WAITALL   // ask for all of it; not a wait here

	flagTrunc Flag = unix.MSG_TRUNC
)

var flags = map[string]Flag{"OOB": FlagOOB, "PEEK": FlagPeek, "DONTROUTE": FlagDontRoute, "WAITALL": FlagWaitAll,
	"CTRUNC": unix.MSG_CTRUNC, "TRUNC": unix.MSG_TRUNC, "DONTWAIT": unix.MSG_DONTWAIT, "EOR": unix.MSG_EOR}
