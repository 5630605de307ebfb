//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package reactor

import "net/netip"

func (*poller) addReader(int) error           { return errSystem }
func (*poller) awaitWritable(int, bool) error { return errSystem }

type inbox struct{}

func newInbox() *inbox                             { return nil }
func (*inbox) receive(int, int, bool) (int, error) { return 0, errSystem }
func (*inbox) segment(int) int                     { return 0 }
func (*inbox) data(int) ([]byte, bool)             { return nil, false }
func (*inbox) from(int, *zones) netip.AddrPort     { return netip.AddrPort{} }

type outbox struct{ counts [udpBatch]int }

func newOutbox() *outbox                          { return nil }
func (*outbox) fill(*packets, int, int, bool) int { return 0 }
func (*outbox) send(int, int, int) (int, error)   { return 0, errSystem }
func (*outbox) clear(int)                         {}

func sysGRO(int) bool                            { return false }
func sysTrain(int) int                           { return 0 }
func sysSendTo(int, []byte, target, bool) error  { return errSystem }
func sysMember(int, netip.Addr, int, bool) error { return errSystem }
func zoneID(string) uint32                       { return 0 }
func zoneName(uint32) string                     { return "" }

func sysUDP(string, netip.AddrPort, netip.AddrPort, bool, *UDPConfig) (int, netip.AddrPort, error) {
	return -1, netip.AddrPort{}, errSystem
}

const maxUnixPath = 103

func (*inbox) path(int, *paths) string { return "" }

func sysUnixgram(string, string, *UDPConfig) (int, error) { return -1, errSystem }

const hasAbstract = false
