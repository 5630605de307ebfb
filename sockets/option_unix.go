//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sockets

import (
	"net"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func sysNoDelay(fd int, on bool) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, number(on))
}

func sysSetKeepAlive(fd int, on bool) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, number(on))
}

func sysSetLinger(fd int, l Linger) error {
	return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER,
		&unix.Linger{Onoff: int32(number(l.On)), Linger: int32(l.Time / time.Second)})
}

func sysGetLinger(fd int) (Linger, error) {
	l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER)
	if err != nil {
		return Linger{}, err
	}
	return Linger{l.Onoff != 0, time.Duration(l.Linger) * time.Second}, nil
}

// sysSetOption sets an option to a value of its form.
func sysSetOption(fd, level int, o option, value any) error {
	switch v := value.(type) {
	case int:
		return unix.SetsockoptInt(fd, level, o.id, v)
	case string:
		return unix.SetsockoptString(fd, level, o.id, v)
	case Linger:
		return sysSetLinger(fd, v)
	case time.Duration:
		tv := unix.NsecToTimeval(int64(v))
		return unix.SetsockoptTimeval(fd, level, o.id, &tv)
	case Membership:
		return sysGroup(fd, o.id, v)
	}
	return unix.EINVAL
}

// sysOption returns the value of an option in its form.
func sysOption(fd, level int, o option) (any, error) {
	switch o.form {
	case timeForm:
		tv, err := unix.GetsockoptTimeval(fd, level, o.id)
		if err != nil {
			return nil, err
		}
		return time.Duration(tv.Nano()), nil
	case lingForm:
		return sysGetLinger(fd)
	case textForm:
		text, err := unix.GetsockoptString(fd, level, o.id)
		return strings.TrimRight(text, "\x00"), err
	case credForm:
		return sysCred(fd, level, o.id)
	case infoForm:
		return sysInfo(fd, level, o.id)
	}
	n, err := unix.GetsockoptInt(fd, level, o.id)
	switch {
	case err != nil:
		return nil, err
	case o.form == errForm:
		return syscall.Errno(n), nil
	}
	return n, nil
}

// sysGroup joins or leaves a multicast group.
func sysGroup(fd, id int, m Membership) error {
	index := 0
	if m.Interface != "" {
		ifi, err := net.InterfaceByName(m.Interface)
		if err != nil {
			return unix.ENODEV
		}
		index = ifi.Index
	}
	if ip := m.Group.Unmap(); ip.Is4() {
		return sysGroup4(fd, id, &unix.IPMreq{Multiaddr: ip.As4()}, index)
	}
	return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, id,
		&unix.IPv6Mreq{Multiaddr: m.Group.As16(), Interface: uint32(index)})
}
