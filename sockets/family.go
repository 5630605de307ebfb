package sockets

import (
	"strconv"
	"strings"
	"syscall"
)

// A Family is an address family, by the system's own number; see socket(2).
type Family uint16

// The families sockets are made for. Others may be known to the system, and
// have no addresses here.
const (
	FamilyUnix  Family = syscall.AF_UNIX
	FamilyInet  Family = syscall.AF_INET
	FamilyInet6 Family = syscall.AF_INET6
)

// A Type is a kind of socket, by the system's own number; see socket(2).
type Type int

// The types of sockets.
const (
	Stream    Type = syscall.SOCK_STREAM    // bytes in order, connected
	Datagram  Type = syscall.SOCK_DGRAM     // messages, each for itself
	Raw       Type = syscall.SOCK_RAW       // packets of a protocol of IP; needs the right to
	SeqPacket Type = syscall.SOCK_SEQPACKET // messages in order, connected
)

// A Protocol is what a socket speaks, by its number in protocols(5). 0 is the
// one that goes with family and type.
type Protocol int

// The protocols there are names for in code; ParseProtocol knows more.
const (
	ProtocolICMP   Protocol = 1
	ProtocolTCP    Protocol = 6
	ProtocolUDP    Protocol = 17
	ProtocolICMPv6 Protocol = 58
)

var protocols = map[string]Protocol{"ip": 0, "icmp": ProtocolICMP, "igmp": 2, "tcp": ProtocolTCP, "egp": 8,
	"udp": ProtocolUDP, "dccp": 33, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51, "icmpv6": ProtocolICMPv6,
	"ipv6-icmp": ProtocolICMPv6, "sctp": 132, "udplite": 136}

var types = map[string]Type{"STREAM": Stream, "DGRAM": Datagram, "RAW": Raw, "SEQPACKET": SeqPacket}

// ParseFamily returns the family with a name of the manual pages, such as
// "AF_INET" or "PF_INET", or with a number. Another one is ErrInvalid. Safe to
// call from any goroutine.
func ParseFamily(name string) (Family, error) {
	short, ok := strings.CutPrefix(name, "AF_")
	if !ok {
		short, ok = strings.CutPrefix(name, "PF_")
	}
	if f, known := families[short]; ok && known {
		return f, nil
	}
	if n, err := strconv.ParseUint(name, 10, 16); err == nil {
		return Family(n), nil
	}
	return 0, invalid("unknown address family " + strconv.Quote(name))
}

// ParseType returns the type with a name such as "SOCK_STREAM", or with a
// number. Another one is ErrInvalid. Safe to call from any goroutine.
func ParseType(name string) (Type, error) {
	if t, ok := types[strings.TrimPrefix(name, "SOCK_")]; ok && strings.HasPrefix(name, "SOCK_") {
		return t, nil
	}
	if n, err := strconv.ParseUint(name, 10, 15); err == nil {
		return Type(n), nil
	}
	return 0, invalid("unknown socket type " + strconv.Quote(name))
}

// ParseProtocol returns the protocol with a name of protocols(5) in upper or
// lower case, such as "tcp", or with a number. Another one is ErrInvalid, and
// syscall.EPROTOTYPE beside. Safe to call from any goroutine.
func ParseProtocol(name string) (Protocol, error) {
	if p, ok := protocols[strings.ToLower(name)]; ok {
		return p, nil
	}
	if n, err := strconv.ParseUint(name, 10, 8); err == nil {
		return Protocol(n), nil
	}
	return 0, invalidAs("unknown protocol "+strconv.Quote(name), syscall.EPROTOTYPE)
}

// String returns the name the manual pages use, such as "AF_INET". Safe to
// call from any goroutine.
func (f Family) String() string {
	switch f {
	case FamilyUnix:
		return "AF_UNIX"
	case 0:
		return "AF_UNSPEC"
	}
	for name, g := range families {
		if f == g {
			return "AF_" + name
		}
	}
	return "AF_" + strconv.Itoa(int(f))
}

// String returns the name the manual pages use, such as "SOCK_STREAM". Safe to
// call from any goroutine.
func (t Type) String() string {
	for name, u := range types {
		if t == u {
			return "SOCK_" + name
		}
	}
	return "SOCK_" + strconv.Itoa(int(t))
}

// String returns a name such as "tcp", and "ip" for 0. Safe to call from any
// goroutine.
func (p Protocol) String() string {
	if p == ProtocolICMPv6 {
		return "icmpv6"
	}
	for name, q := range protocols {
		if p == q {
			return name
		}
	}
	return strconv.Itoa(int(p))
}

// A kind is what a socket is made as.
type kind struct {
	family Family
	typ    Type
	proto  Protocol
}

// parseKind is for the calls that take names.
func parseKind(family, typ, protocol string) (k kind, err error) {
	if k.family, err = ParseFamily(family); err != nil {
		return k, err
	}
	if k.typ, err = ParseType(typ); err != nil {
		return k, err
	}
	k.proto, err = ParseProtocol(protocol)
	return k, err
}

func (k kind) inet() bool { return k.family == FamilyInet || k.family == FamilyInet6 }

// messages reports whether what is received has boundaries.
func (k kind) messages() bool { return k.typ != Stream }

// network returns the name package net has for the kind.
func (k kind) network() string {
	switch {
	case k.family == FamilyUnix && k.typ == Datagram:
		return "unixgram"
	case k.family == FamilyUnix && k.typ == SeqPacket:
		return "unixpacket"
	case k.family == FamilyUnix:
		return "unix"
	case !k.inet():
		return k.family.String()
	case k.typ == Stream:
		return "tcp"
	case k.typ == Datagram:
		return "udp"
	}
	return "ip"
}
