package reactor_test

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kharon-net/kharon/reactor"
)

// TestBacklogBoundsWhoWaits connects more clients to a paused listener than its
// queue has room for: Linux lets one more in than it was told.
func TestBacklogBoundsWhoWaits(t *testing.T) {
	const backlog = 3
	ln := listenWith(t, start(t, reactor.Config{Loops: 1}), reactor.ListenConfig{Backlog: backlog}, echo)
	ln.Pause()
	sa := &unix.SockaddrInet4{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	for i := range backlog + 3 {
		fd := openSocket(t, unix.AF_INET)
		if err := unix.Connect(fd, sa); err != nil && !errors.Is(err, unix.EINPROGRESS) {
			t.Fatal(err)
		}
		wait := -1 // for ever, which it does not take
		if i > backlog {
			wait = 50 // milliseconds
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, wait)
		for err == unix.EINTR { //nolint:errorlint // the runtime preempts by signals
			n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, wait)
		}
		if got, want := n == 1, i <= backlog; got != want || err != nil {
			t.Errorf("client %d is connected: %v, err %v", i, got, err)
		}
	}
}
