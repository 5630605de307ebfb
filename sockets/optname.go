package sockets

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A form is what the value of an option looks like.
type form int

const (
	intForm   form = iota // int; bool is 0 or 1
	timeForm              // time.Duration, a timeval
	lingForm              // Linger
	textForm              // string
	errForm               // syscall.Errno, and reading clears it
	credForm              // PeerCred
	infoForm              // *unix.TCPInfo
	groupForm             // Membership
)

// An option is a line of the table of options.
type option struct {
	id       int
	form     form
	readOnly bool
}

// A PeerCred is who is at the other end of a unix socket: the value of
// SO_PEERCRED.
type PeerCred struct {
	PID      int32
	UID, GID uint32
}

// levels are the names of the levels of options, as keys of the table.
var levels = map[string]string{
	"SOL_SOCKET": "SO", "SOCKET": "SO", strconv.Itoa(syscall.SOL_SOCKET): "SO",
	"SOL_TCP": "TCP", "IPPROTO_TCP": "TCP", "TCP": "TCP", "6": "TCP",
	"SOL_UDP": "UDP", "IPPROTO_UDP": "UDP", "UDP": "UDP", "17": "UDP",
	"SOL_IP": "IP", "IPPROTO_IP": "IP", "IP": "IP", "0": "IP",
	"SOL_IPV6": "IPV6", "IPPROTO_IPV6": "IPV6", "IPV6": "IPV6", "41": "IPV6",
}

// lookup finds an option by the names of its level and its own.
func lookup(level, name string) (lvl int, o option, err error) {
	if level == "" {
		return 0, o, invalid("no level of options")
	}
	prefix, ok := levels[strings.ToUpper(level)]
	if !ok {
		return 0, o, invalidAs("unknown level of options "+strconv.Quote(level), syscall.EPROTOTYPE)
	}
	o, ok = options[name]
	if !ok || !strings.HasPrefix(name, prefix+"_") {
		return 0, o, invalidAs("unknown option "+strconv.Quote(name)+" of level "+level, syscall.ENOPROTOOPT)
	}
	return levelIDs[prefix], o, nil
}

// SetOption sets an option of the socket; see setsockopt(2). level is
// "SOL_SOCKET", "IPPROTO_TCP", "IPPROTO_IP", "IPPROTO_IPV6" or "IPPROTO_UDP",
// or "socket", "tcp", "ip", "ipv6", "udp", or its number; name is that of the
// manual pages, such as "SO_REUSEADDR". The value is a bool or an int; a
// time.Duration for SO_RCVTIMEO and SO_SNDTIMEO, a Linger for SO_LINGER, a
// string for SO_BINDTODEVICE and TCP_CONGESTION, a Membership for groups.
//
// A level or an option that this system has not, one that can only be read, and
// a value that does not fit are ErrInvalid; for a level that is syscall.EPROTOTYPE
// beside, for an option syscall.ENOPROTOOPT. Safe to call from any goroutine.
func (s *Socket) SetOption(level, name string, value any) error {
	lvl, o, err := lookup(level, name)
	if err == nil && o.readOnly {
		err = invalid("option " + name + " is read only")
	}
	if err == nil {
		value, err = fit(name, o, value)
	}
	if err != nil {
		return s.opError("set", err)
	}
	return s.do("set", "setsockopt", func(fd int) error { return sysSetOption(fd, lvl, o, value) })
}

// Option returns the value of an option of the socket; see getsockopt(2). level
// and name are as for SetOption. The value is an int, for SO_ERROR a
// syscall.Errno, for SO_PEERCRED a PeerCred, for TCP_INFO a *unix.TCPInfo, and
// else as SetOption takes it. Safe to call from any goroutine.
func (s *Socket) Option(level, name string) (value any, err error) {
	lvl, o, err := lookup(level, name)
	if err == nil && o.form == groupForm {
		err = invalid("option " + name + " can not be read")
	}
	if err != nil {
		return nil, s.opError("get", err)
	}
	err = s.do("get", "getsockopt", func(fd int) (err error) {
		value, err = sysOption(fd, lvl, o)
		return err
	})
	return value, err
}

// SetOptionInt sets an option that this package has no name for, by the numbers
// of level and option. Safe to call from any goroutine.
func (s *Socket) SetOptionInt(level, id, value int) error {
	return s.do("set", "setsockopt", func(fd int) error {
		return sysSetOption(fd, level, option{id: id}, value)
	})
}

// OptionInt returns the value of an option that this package has no name for.
// Safe to call from any goroutine.
func (s *Socket) OptionInt(level, id int) (n int, err error) {
	err = s.do("get", "getsockopt", func(fd int) error {
		v, err := sysOption(fd, level, option{id: id})
		n, _ = v.(int)
		return err
	})
	return n, err
}

// fit turns a value into the one type that the option's form has.
func fit(name string, o option, value any) (any, error) {
	ok := false
	switch o.form {
	case intForm:
		switch v := value.(type) {
		case bool:
			return number(v), nil
		case int:
			return v, checkInt(name, v)
		}
	case timeForm:
		var d time.Duration
		if d, ok = value.(time.Duration); ok && d < 0 {
			return nil, invalid("option " + name + ": negative time")
		}
	case lingForm:
		var l Linger
		if l, ok = value.(Linger); ok && l.Time < 0 {
			return nil, invalid("option " + name + ": negative time")
		}
	case textForm:
		_, ok = value.(string)
	case groupForm:
		var m Membership
		m, ok = value.(Membership)
		if ok && !m.Group.IsMulticast() {
			return nil, invalid("option " + name + ": " + m.Group.String() + " is no multicast group")
		}
	}
	if !ok {
		return nil, invalid(fmt.Sprintf("option %s does not take a %T", name, value))
	}
	return value, nil
}

func checkInt(name string, v int) error {
	if v < math.MinInt32 || v > math.MaxInt32 {
		return invalid("option " + name + ": the number does not fit into 32 bits")
	}
	return nil
}

func number(on bool) int {
	if on {
		return 1
	}
	return 0
}
