package sockets

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"golang.org/x/net/nettest"
)

func TestSocketIsANetConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		return netPipe("127.0.0.1", "0")
	})
}

func TestUnixSocketIsANetConn(t *testing.T) {
	dir, n := t.TempDir(), 0
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		n++
		return netPipe(unixHost, filepath.Join(dir, fmt.Sprint(n)))
	})
}

func netPipe(host, port string) (c1, c2 net.Conn, stop func(), err error) {
	a, b, stop, err := connected(host, port)
	return a, b, stop, err
}
