package sockets

import (
	"strconv"
	"strings"
)

// A Flag is for a receiving or a sending call, by the system's own number; see
// recv(2) and send(2). Flags may be joined with |.
type Flag int

// ParseFlags returns the flags with names such as "MSG_PEEK" or "PEEK",
// joined. One that this system has not is ErrInvalid. Safe to call from any
// goroutine.
func ParseFlags(names ...string) (Flag, error) {
	var all Flag
	for _, name := range names {
		f, ok := flags[strings.TrimPrefix(name, "MSG_")]
		if !ok {
			return 0, invalid("unknown flag " + strconv.Quote(name))
		}
		all |= f
	}
	return all, nil
}

// joinFlags is the door: after it there are none but known flags.
func joinFlags(given []Flag) (Flag, error) {
	var all Flag
	for _, f := range given {
		all |= f
	}
	if unknown := all &^ knownFlags; unknown != 0 {
		return 0, invalid("unknown flags 0x" + strconv.FormatInt(int64(unknown), 16))
	}
	return all, nil
}

var knownFlags = func() (all Flag) {
	for _, f := range flags {
		all |= f
	}
	return all
}()
