//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package sockets

import "errors"

// There is no reactor for this system: whatever makes a socket returns its
// error, which is errors.ErrUnsupported, and no socket exists to call these
// for.

const maxPath = 107

var (
	levelIDs = map[string]int{}
	options  = map[string]option{}
)

func sysSocket(kind) (int, error)          { return -1, errors.ErrUnsupported }
func sysPair(kind) (fds [2]int, err error) { return fds, errors.ErrUnsupported }
func sysKind(int) (kind, error)            { return kind{}, errors.ErrUnsupported }
func sysAccept(int) (int, Addr, error)     { return -1, Addr{}, errors.ErrUnsupported }
func sysRead(int, []byte) (int, error)     { return 0, errors.ErrUnsupported }
func sysWrite(int, []byte) (int, error)    { return 0, errors.ErrUnsupported }
func sysWritev(int, [][]byte) (int, error) { return 0, errors.ErrUnsupported }
func sysRecv(int, []byte, int) (int, Addr, bool, error) {
	return 0, Addr{}, false, errors.ErrUnsupported
}
func sysSend(int, []byte, int, *Addr) (int, error) { return 0, errors.ErrUnsupported }
func sysNextSize(int) int                          { return 0 }
func sysClose(int) error                           { return errors.ErrUnsupported }
func sysShutdown(int, How) error                   { return errors.ErrUnsupported }
func sysBind(int, Addr) error                      { return errors.ErrUnsupported }
func sysConnect(int, Addr) error                   { return errors.ErrUnsupported }
func sysConnected(int) error                       { return errors.ErrUnsupported }
func sysListen(int, int) error                     { return errors.ErrUnsupported }
func sysPoll(int, Events) (Events, error)          { return 0, errors.ErrUnsupported }
func sysOccupy(int) bool                           { return false }
func sysAlive(int) error                           { return errors.ErrUnsupported }
func sysDup(int) (int, error)                      { return -1, errors.ErrUnsupported }
func sysNonblock(int) error                        { return errors.ErrUnsupported }
func sysName(int) (Addr, error)                    { return Addr{}, errors.ErrUnsupported }
func sysPeer(int) (Addr, error)                    { return Addr{}, errors.ErrUnsupported }
func sysNoDelay(int, bool) error                   { return errors.ErrUnsupported }
func sysSetKeepAlive(int, bool) error              { return errors.ErrUnsupported }
func sysKeepAlive(_, _, _, _ int) error            { return errors.ErrUnsupported }
func sysSetLinger(int, Linger) error               { return errors.ErrUnsupported }
func sysGetLinger(int) (Linger, error)             { return Linger{}, errors.ErrUnsupported }
func sysSetOption(_, _ int, _ option, _ any) error { return errors.ErrUnsupported }
func sysOption(_, _ int, _ option) (any, error)    { return nil, errors.ErrUnsupported }
