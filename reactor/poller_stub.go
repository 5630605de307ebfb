//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package reactor

import (
	"errors"
	"fmt"
	"net"
	"runtime"
)

// Kharon has no poller for this system: the package builds, and New returns
// an error that is errors.ErrUnsupported.

var errSystem = fmt.Errorf("reactor: no event loop on %s: %w", runtime.GOOS, errors.ErrUnsupported)

type poller struct{}

func openPoller() (*poller, error)                     { return nil, errSystem }
func (*poller) add(int) error                          { return errSystem }
func (*poller) remove(int) error                       { return errSystem }
func (*poller) run(func(fd int, ev Events) bool) error { return errSystem }
func (*poller) close() error                           { return errSystem }

type kick struct{ fd int }

func openKick() (kick, error) { return kick{}, errSystem }
func (kick) now()             {}
func (kick) seen()            {}
func (kick) close()           {}

func sysRead(int, []byte) (int, error)     { return 0, errSystem }
func sysWrite(int, []byte) (int, error)    { return 0, errSystem }
func sysWritev(int, [][]byte) (int, error) { return 0, errSystem }
func sysClose(int) error                   { return errSystem }

const (
	abstractNames = false
	kernelSpreads = false
	reservedFD    = -1
)

func sysAccept(int) (int, net.Addr, error) { return -1, nil, errSystem }
func sysInherit(int) (int, string, error)  { return -1, "file", errSystem }
func sysConnected(int) error               { return errSystem }
func sysLocalAddr(int) net.Addr            { return nil }
func sysNoDelay(int)                       {}
func sysShutdownWrite(int) error           { return errSystem }

func sysConnect(net.Addr, func(int) error) (int, bool, error) { return -1, false, errSystem }
func sysListen(string, net.Addr, *ListenConfig) (int, error)  { return -1, errSystem }
