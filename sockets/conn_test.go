package sockets

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"
)

func TestSocketIsANetConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		a, b, stop, err := connected()
		return a, b, stop, err
	})
}
