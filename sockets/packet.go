package sockets

import (
	"net"
)

// A PacketConn is a datagram socket as package net has it, for code that wants
// a net.PacketConn. (A Socket can not be one itself, because it is an
// io.ReaderFrom, whose method has the same name.) Everything else is as on the
// Socket.
type PacketConn struct {
	*Socket
}

var _ net.PacketConn = PacketConn{}

// PacketConn returns the socket as a net.PacketConn. On a socket for streams
// its methods are ErrInvalid. Safe to call from any goroutine.
func (s *Socket) PacketConn() PacketConn { return PacketConn{s} }

// ReadFrom receives one datagram, within the read deadline. What p has no room
// for is lost. The address is of the types of package net, and nil for a
// sender without one. Safe to call from any goroutine.
func (c PacketConn) ReadFrom(p []byte) (n int, addr net.Addr, err error) {
	lim := limit{timeout: Forever}
	if !c.kind.messages() {
		return 0, nil, c.opError("read", invalid("this needs a socket for datagrams"))
	}
	n, from, _, err := c.recvInto(p, nil, &lim)
	if from.Family != 0 {
		addr = from.std()
	}
	return n, addr, c.opError("read", err)
}

// WriteTo sends p as one datagram, within the write deadline. The address is of
// the types of package net, or an Addr. Safe to call from any goroutine.
func (c PacketConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	n, err := c.writeTo(p, addr)
	return n, c.opError("write", systemError("sendto", err))
}

func (c PacketConn) writeTo(p []byte, addr net.Addr) (int, error) {
	if !c.kind.messages() {
		return 0, invalid("this needs a socket for datagrams")
	}
	to := addrOf(addr)
	if to.Family == 0 {
		return 0, invalid("an address of no kind that is known")
	}
	to, err := c.suit(to)
	if err != nil {
		return 0, err
	}
	lim := limit{timeout: Forever}
	if err := c.beginWrite(&lim); err != nil {
		return 0, err
	}
	defer c.endWrite()
	return c.sendWhen(p, 0, &to, &lim)
}
