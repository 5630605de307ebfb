//go:build linux

package load

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/bench/compare/peer"
)

// serve handles every connection with f.
func serve(t *testing.T, f func(net.Conn)) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	return ln.Addr().String()
}

func run(t *testing.T, addr string, s Shape) (Result, error) {
	t.Helper()
	l, err := Dial(addr, s)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Run(20 * time.Millisecond)
}

func TestAnswersAreCounted(t *testing.T) {
	for name, s := range map[string]Shape{
		"ping-pong": {Conns: 3, Depth: 1},
		"pipelined": {Conns: 2, Depth: 16},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
			r, err := run(t, addr, s)
			if err != nil || r.Ops < int64(s.Conns*s.Depth) || r.P99 < r.P50 || r.P50 <= 0 {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

func TestPushedMessagesAreCounted(t *testing.T) {
	addr := serve(t, func(c net.Conn) {
		out := make([]byte, peer.Batch*peer.MessageSize)
		ask := make([]byte, 1)
		for {
			if _, err := c.Read(ask); err != nil {
				return
			}
			_, _ = c.Write(out)
		}
	})
	r, err := run(t, addr, Shape{Conns: 2, Depth: 2, Topic: Push})
	if err != nil || r.Ops < 4*peer.Batch || r.Ops%peer.Batch != 0 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestServersThatMisbehaveAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(net.Conn)
		want  string
	}{
		"too much": {func(c net.Conn) {
			_, _ = io.ReadFull(c, make([]byte, peer.MessageSize))
			_, _ = c.Write(make([]byte, peer.MessageSize+1))
			_, _ = io.Copy(io.Discard, c)
		}, "65 bytes came where 64 were due"},
		"the end": {func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, peer.MessageSize)) }, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := run(t, serve(t, c.serve), Shape{Conns: 1, Depth: 1}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
