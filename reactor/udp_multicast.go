package reactor

import (
	"net"
	"net/netip"
	"os"
	"strconv"
)

// JoinGroup makes the socket receive what is sent to a multicast group. iface
// is the name or the number of the network interface to listen on; empty means
// the zone of the group's address or, without one, that the system chooses.
// Safe to call from any goroutine.
func (u *UDP) JoinGroup(group netip.Addr, iface string) error { return u.member(group, iface, true) }

// LeaveGroup ends what JoinGroup began with the same arguments. Safe to call
// from any goroutine.
func (u *UDP) LeaveGroup(group netip.Addr, iface string) error { return u.member(group, iface, false) }

func (u *UDP) member(group netip.Addr, iface string, join bool) error {
	err := u.setMember(group.Unmap(), iface, join)
	if err != nil {
		return u.opError("set", target{addr: netip.AddrPortFrom(group, u.local.Port())}, err)
	}
	return nil
}

func (u *UDP) setMember(group netip.Addr, iface string, join bool) error {
	if !group.IsMulticast() {
		return &net.AddrError{Err: "not a multicast address", Addr: group.String()}
	}
	if iface == "" {
		iface = group.Zone()
	}
	index, err := interfaceIndex(iface)
	if err != nil {
		return err
	}
	if err := u.use(); err != nil {
		return err
	}
	defer u.unuse()
	return os.NewSyscallError("setsockopt", sysMember(u.fd, group, index, join))
}

// interfaceIndex returns the number of the network interface with that name or
// number; 0 is for the empty name.
func interfaceIndex(iface string) (int, error) {
	if iface == "" {
		return 0, nil
	}
	ifi, err := net.InterfaceByName(iface)
	if err == nil {
		return ifi.Index, nil
	}
	n, numErr := strconv.Atoi(iface)
	if numErr != nil {
		return 0, err
	}
	if _, err := net.InterfaceByIndex(n); err != nil {
		return 0, err
	}
	return n, nil
}
