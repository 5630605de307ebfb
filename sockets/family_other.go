//go:build !linux

package sockets

var families = map[string]Family{"UNIX": FamilyUnix, "LOCAL": FamilyUnix, "INET": FamilyInet, "INET6": FamilyInet6}
