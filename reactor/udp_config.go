package reactor

import (
	"fmt"
	"net/netip"
)

const (
	// maxDatagram is what fits into the length of a UDP header, in bytes. What
	// can be sent is less: 65507 over IPv4, 65527 over IPv6.
	maxDatagram = 65535
	// sendQueue is what SendQueue is when it is 0.
	sendQueue = 8 << 20
	// packetCost is what a waiting datagram counts beside its bytes.
	packetCost = 64
)

// UDPConfig configures a UDP socket. The zero value works.
type UDPConfig struct {
	// Loop is the loop the socket lives on. Nil means the one whose turn it is.
	Loop *Loop

	// Remote makes ListenUDP connect the socket: it sends to this address and
	// receives from nobody else. The zero AddrPort means any number of peers.
	Remote netip.AddrPort

	// MaxDatagram is how many bytes of a datagram are received, 1 to 65535.
	// Longer ones come truncated, and marked so. 0 means 65535: none are.
	MaxDatagram int

	// SendQueue is how much may wait to be sent, in bytes, with 64 for each
	// datagram beside its own. 0 means 8 MiB. The most is 1 GiB.
	SendQueue int

	// ReceiveBuffer and SendBuffer are the sizes of the kernel's buffers, in
	// bytes, as far as the system allows. 0 means its default. A receive
	// buffer that is full loses datagrams.
	ReceiveBuffer, SendBuffer int

	// ReuseAddr sets SO_REUSEADDR: several sockets may have one address, which
	// multicast needs. Of other datagrams only one socket gets each.
	ReuseAddr bool

	// ReusePort sets SO_REUSEPORT: several sockets may have one address, and
	// Linux spreads the peers among them. ListenUDPPerLoop sets it.
	ReusePort bool

	// Broadcast allows sending to broadcast addresses.
	Broadcast bool

	// MulticastInterface is where multicast datagrams leave: the name or the
	// number of a network interface. Empty means the system chooses.
	MulticastInterface string

	// MulticastHops is how many networks a multicast datagram may cross, 1 to
	// 255. 0 means the system's default: 1, this network.
	MulticastHops int

	// NoGRO makes the kernel hand over every datagram on its own. By default
	// Linux may keep those together that arrive together from one peer, in one
	// size, as those do which the peer has sent in one train, or the network
	// card has coupled: the handler gets them one by one all the same. Elsewhere
	// it changes nothing.
	NoGRO bool

	// Prepare is called with each socket before it is bound, to set its other
	// options. An error ends the call that wanted the socket. Nil does nothing.
	Prepare func(fd int) error
}

func (c *UDPConfig) check() error {
	for _, f := range []struct {
		name string
		v    int
		max  int
	}{
		{"MaxDatagram", c.MaxDatagram, maxDatagram},
		{"SendQueue", c.SendQueue, 1 << 30},
		{"ReceiveBuffer", c.ReceiveBuffer, 1<<31 - 1},
		{"SendBuffer", c.SendBuffer, 1<<31 - 1},
		{"MulticastHops", c.MulticastHops, 255},
	} {
		if f.v < 0 || f.v > f.max {
			return fmt.Errorf("reactor: UDPConfig.%s is %d, want 0 to %d", f.name, f.v, f.max)
		}
	}
	if c.MaxDatagram == 0 {
		c.MaxDatagram = maxDatagram
	}
	if c.SendQueue == 0 {
		c.SendQueue = sendQueue
	}
	return nil
}
