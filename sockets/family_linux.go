package sockets

import "golang.org/x/sys/unix"

var families = map[string]Family{"UNIX": FamilyUnix, "LOCAL": FamilyUnix, "INET": FamilyInet, "INET6": FamilyInet6,
	"IPX": unix.AF_IPX, "NETLINK": unix.AF_NETLINK, "X25": unix.AF_X25, "AX25": unix.AF_AX25,
	"ATMPVC": unix.AF_ATMPVC, "APPLETALK": unix.AF_APPLETALK, "PACKET": unix.AF_PACKET}
