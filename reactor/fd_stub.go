//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package reactor

import "net"

func sysPeerAddr(int) (net.Addr, error) { return nil, errSystem }
