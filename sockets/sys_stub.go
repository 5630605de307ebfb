//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package sockets

import (
	"errors"
	"net"
)

// There is no reactor for this system: Connect and TCPServer return its error,
// which is errors.ErrUnsupported, and no socket exists to call these for.

const maxPath = 107

func sysRead(int, []byte) (int, error)  { return 0, errors.ErrUnsupported }
func sysWrite(int, []byte) (int, error) { return 0, errors.ErrUnsupported }
func sysClose(int) error                { return errors.ErrUnsupported }
func sysShutdown(int, How) error        { return errors.ErrUnsupported }
func sysNoDelay(int, bool) error        { return errors.ErrUnsupported }
func sysLinger(int, bool, int) error    { return errors.ErrUnsupported }
func sysName(int) net.Addr              { return nil }
func sysPeer(int) (net.Addr, error)     { return nil, errors.ErrUnsupported }
