//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sockets

import (
	"errors"

	"golang.org/x/sys/unix"
)

// The options that have names here and that these systems share.
var (
	levelIDs = map[string]int{"SO": unix.SOL_SOCKET, "TCP": unix.IPPROTO_TCP, "UDP": unix.IPPROTO_UDP,
		"IP": unix.IPPROTO_IP, "IPV6": unix.IPPROTO_IPV6}

	options = map[string]option{
		"SO_ACCEPTCONN":        {id: 0x2, readOnly: true}, // not in package unix for every one of them
		"SO_BROADCAST":         {id: unix.SO_BROADCAST},
		"SO_DEBUG":             {id: unix.SO_DEBUG},
		"SO_DONTROUTE":         {id: unix.SO_DONTROUTE},
		"SO_ERROR":             {id: unix.SO_ERROR, form: errForm, readOnly: true},
		"SO_KEEPALIVE":         {id: unix.SO_KEEPALIVE},
		"SO_LINGER":            {id: unix.SO_LINGER, form: lingForm},
		"SO_OOBINLINE":         {id: unix.SO_OOBINLINE},
		"SO_RCVBUF":            {id: unix.SO_RCVBUF},
		"SO_RCVLOWAT":          {id: unix.SO_RCVLOWAT},
		"SO_RCVTIMEO":          {id: unix.SO_RCVTIMEO, form: timeForm},
		"SO_REUSEADDR":         {id: unix.SO_REUSEADDR},
		"SO_REUSEPORT":         {id: unix.SO_REUSEPORT},
		"SO_SNDBUF":            {id: unix.SO_SNDBUF},
		"SO_SNDLOWAT":          {id: unix.SO_SNDLOWAT},
		"SO_SNDTIMEO":          {id: unix.SO_SNDTIMEO, form: timeForm},
		"SO_TIMESTAMP":         {id: unix.SO_TIMESTAMP},
		"SO_TYPE":              {id: unix.SO_TYPE, readOnly: true},
		"TCP_MAXSEG":           {id: unix.TCP_MAXSEG},
		"TCP_NODELAY":          {id: unix.TCP_NODELAY},
		"IP_ADD_MEMBERSHIP":    {id: unix.IP_ADD_MEMBERSHIP, form: groupForm},
		"IP_DROP_MEMBERSHIP":   {id: unix.IP_DROP_MEMBERSHIP, form: groupForm},
		"IP_HDRINCL":           {id: unix.IP_HDRINCL},
		"IP_MULTICAST_LOOP":    {id: unix.IP_MULTICAST_LOOP},
		"IP_MULTICAST_TTL":     {id: unix.IP_MULTICAST_TTL},
		"IP_TOS":               {id: unix.IP_TOS},
		"IP_TTL":               {id: unix.IP_TTL},
		"IPV6_ADD_MEMBERSHIP":  {id: unix.IPV6_JOIN_GROUP, form: groupForm},
		"IPV6_DROP_MEMBERSHIP": {id: unix.IPV6_LEAVE_GROUP, form: groupForm},
		"IPV6_MULTICAST_HOPS":  {id: unix.IPV6_MULTICAST_HOPS},
		"IPV6_MULTICAST_IF":    {id: unix.IPV6_MULTICAST_IF},
		"IPV6_MULTICAST_LOOP":  {id: unix.IPV6_MULTICAST_LOOP},
		"IPV6_TCLASS":          {id: unix.IPV6_TCLASS},
		"IPV6_UNICAST_HOPS":    {id: unix.IPV6_UNICAST_HOPS},
		"IPV6_V6ONLY":          {id: unix.IPV6_V6ONLY},
	}
)

// sysKeepAlive leaves the times to the system, which names them differently
// everywhere.
func sysKeepAlive(_, _, _, _ int) error { return nil }

func sysInfo(_, _, _ int) (any, error) { return nil, errors.ErrUnsupported }

func sysCred(_, _, _ int) (any, error) { return nil, errors.ErrUnsupported }

// sysGroup4 lets the system choose the interface: these systems want it by
// address.
func sysGroup4(fd, id int, m *unix.IPMreq, ifindex int) error {
	if ifindex != 0 {
		return unix.EOPNOTSUPP
	}
	return unix.SetsockoptIPMreq(fd, unix.IPPROTO_IP, id, m)
}
