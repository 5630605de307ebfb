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

var flags = map[string]Flag{"OOB": FlagOOB, "PEEK": FlagPeek, "DONTROUTE": FlagDontRoute, "TRYHARD": FlagDontRoute,
	"CTRUNC": unix.MSG_CTRUNC, "PROXY": unix.MSG_PROXY, "TRUNC": unix.MSG_TRUNC, "DONTWAIT": unix.MSG_DONTWAIT,
	"EOR": unix.MSG_EOR, "WAITALL": FlagWaitAll, "FIN": unix.MSG_FIN, "SYN": unix.MSG_SYN,
	"CONFIRM": unix.MSG_CONFIRM, "RST": unix.MSG_RST, "ERRQUEUE": unix.MSG_ERRQUEUE, "NOSIGNAL": unix.MSG_NOSIGNAL,
	"MORE": 0x8000, "WAITFORONE": unix.MSG_WAITFORONE, "FASTOPEN": unix.MSG_FASTOPEN,
	"CMSG_CLOEXEC": unix.MSG_CMSG_CLOEXEC}
