package sockets

import (
	"strconv"
	"strings"
)

// An AddrFlag changes what GetAddrInfo finds; see getaddrinfo(3). Flags may be
// joined with |.
type AddrFlag int

// The flags.
const (
	AIPassive     AddrFlag = 1 << iota // no host is every address of this machine, and not loopback
	AICanonName                        // find the host's official name too
	AINumericHost                      // the host is an address, not a name
	AINumericServ                      // the service is a number, not a name
	AIV4Mapped                         // for AF_INET6, give IPv4 addresses as such if there are no others
	AIAll                              // with AIV4Mapped: also if there are
	AIAddrConfig                       // only families that this machine has an address of
)

var addrFlags = map[string]AddrFlag{"PASSIVE": AIPassive, "CANONNAME": AICanonName, "NUMERICHOST": AINumericHost,
	"NUMERICSERV": AINumericServ, "V4MAPPED": AIV4Mapped, "ALL": AIAll, "ADDRCONFIG": AIAddrConfig}

// ParseAddrFlags returns the flags with names such as "AI_PASSIVE", joined. One
// that is unknown is ErrInvalid. Safe to call from any goroutine.
func ParseAddrFlags(names ...string) (AddrFlag, error) {
	var all AddrFlag
	for _, name := range names {
		f, ok := addrFlags[strings.TrimPrefix(name, "AI_")]
		if !ok || !strings.HasPrefix(name, "AI_") {
			return 0, invalid("unknown flag " + strconv.Quote(name))
		}
		all |= f
	}
	return all, nil
}

// Hints are what GetAddrInfo shall look for. The zero value is everything.
type Hints struct {
	Family   Family   // 0: IPv4 and IPv6
	Type     Type     // 0: streams, datagrams and raw
	Protocol Protocol // 0: every one
	Flags    AddrFlag
}
