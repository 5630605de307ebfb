//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package reactor

import "net"

func sysPeerAddr(int) (net.Addr, error)   { return nil, errSystem }
func sysDup(int) (int, error)             { return -1, errSystem }
func sysPoll(int, Events) (Events, error) { return 0, errSystem }
func (d *Desc) part() (fd int, err error) { return -1, errSystem }
