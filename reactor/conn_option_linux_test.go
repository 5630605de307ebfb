package reactor_test

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/reactor"
)

func TestKeepAliveTimesReachTheSocket(t *testing.T) {
	c, _ := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	for _, tt := range []struct {
		cfg                   net.KeepAliveConfig
		idle, interval, count int
	}{
		{net.KeepAliveConfig{Enable: true, Idle: 40 * time.Second, Interval: 1500 * time.Millisecond, Count: 4}, 40, 2, 4},
		{net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}, 40, 2, 4},
		{net.KeepAliveConfig{Enable: true}, 15, 15, 9},
	} {
		if err := c.SetKeepAliveConfig(tt.cfg); err != nil {
			t.Fatal(err)
		}
		idle, interval := option(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE), option(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)
		count := option(t, c, unix.IPPROTO_TCP, unix.TCP_KEEPCNT)
		if idle != tt.idle || interval != tt.interval || count != tt.count {
			t.Errorf("%+v: %d, %d, %d", tt.cfg, idle, interval, count)
		}
	}
}
