//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package reactor

import "net"

func sysSetNoDelay(int, bool) error                       { return errSystem }
func sysSetLinger(int, int) error                         { return errSystem }
func sysSetKeepAlive(int, bool) error                     { return errSystem }
func sysSetKeepAliveTimes(int, net.KeepAliveConfig) error { return errSystem }
func sysSetReadBuffer(int, int) error                     { return errSystem }
func sysSetWriteBuffer(int, int) error                    { return errSystem }
