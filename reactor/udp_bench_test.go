//go:build unix

package reactor_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// udpServerEnv tells a child process, which is this test binary, which echo
// TestUDPServerOnRequest shall be.
const udpServerEnv = "REACTOR_UDP_SERVER"

// udpEcho is a UDPHandler that sends back what it gets.
type udpEcho struct{}

func (udpEcho) OnDatagram(u *reactor.UDP, d reactor.Datagram) { _ = u.Send(d.Data, d.From) }
func (udpEcho) OnClose(*reactor.UDP, error)                   {}

// TestUDPServerOnRequest does nothing unless it runs as a child of
// BenchmarkUDPEcho. It tells its address in a line, and for each line it is
// sent the processor time it has used. Its end is that of its stdin.
func TestUDPServerOnRequest(t *testing.T) {
	switch os.Getenv(udpServerEnv) {
	case "reactor":
		u, err := start(t, reactor.Config{Loops: 1}).ListenUDP("udp4", "127.0.0.1:0", reactor.UDPConfig{}, udpEcho{})
		if err != nil {
			t.Fatal(err)
		}
		answer(u.LocalAddr())
	case "net":
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { netEcho(c); close(done) }()
		answer(c.LocalAddr().(*net.UDPAddr).AddrPort())
		c.Close()
		<-done
	}
}

func netEcho(c *net.UDPConn) {
	buf := make([]byte, 65535)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		_, _ = c.WriteToUDPAddrPort(buf[:n], from)
	}
}

// answer is the conversation of TestUDPServerOnRequest.
func answer(addr netip.AddrPort) {
	fmt.Println(addr)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		fmt.Println(u.Utime.Nano() + u.Stime.Nano())
	}
}

// BenchmarkUDPEcho tells what an echo costs its server, in a process of its
// own: this package and a loop over the standard library's calls, under the
// same load. An operation is a datagram of 64 bytes that has come back; in
// flight is how many each peer has on their way at once. Trains are made of
// those to one peer, so that many peers with one datagram each show what
// batches alone bring.
func BenchmarkUDPEcho(b *testing.B) {
	for _, load := range []struct{ peers, inFlight int }{{1, 1}, {1, 16}, {1, 128}, {16, 8}, {128, 1}} {
		for _, server := range []string{"net", "reactor"} {
			b.Run(fmt.Sprintf("peers=%d/inFlight=%d/%s", load.peers, load.inFlight, server), func(b *testing.B) {
				benchmarkUDPEcho(b, server, load.peers, load.inFlight)
			})
		}
	}
}

func benchmarkUDPEcho(b *testing.B, server string, peers, inFlight int) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestUDPServerOnRequest$")
	cmd.Env = append(os.Environ(), udpServerEnv+"="+server)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	outPipe, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	out := bufio.NewScanner(outPipe)
	out.Scan()
	cpu := func() (ns int64) {
		fmt.Fprintln(in)
		out.Scan()
		_, _ = fmt.Sscan(out.Text(), &ns)
		return ns
	}
	load := startLoad(b, out.Text(), peers, inFlight)
	load.run(b, 10_000)
	before := cpu()
	b.ResetTimer()
	load.run(b, int64(b.N))
	b.StopTimer()
	spent := float64(cpu() - before)
	b.ReportMetric(spent/float64(b.N), "server-ns/op")
	b.ReportMetric(float64(b.N)/spent*1e9, "op/server-s")
}

// echoLoad sends every datagram again that comes back.
type echoLoad struct {
	peers    []*reactor.UDP
	inFlight int
	left     atomic.Int64 // until done
	done     chan struct{}
}

func startLoad(b *testing.B, addr string, peers, inFlight int) *echoLoad {
	l := &echoLoad{inFlight: inFlight, done: make(chan struct{}, 1)}
	r := start(b, reactor.Config{Loops: 1})
	for range peers {
		u, err := r.DialUDP(b.Context(), "udp4", addr, reactor.UDPConfig{}, l)
		if err != nil {
			b.Fatal(err)
		}
		l.peers = append(l.peers, u)
	}
	return l
}

func (l *echoLoad) OnDatagram(u *reactor.UDP, d reactor.Datagram) {
	switch left := l.left.Add(-1); {
	case left == 0:
		l.done <- struct{}{}
	case left >= int64(l.inFlight*len(l.peers)):
		_ = u.Send(d.Data, netip.AddrPort{})
	}
}

func (*echoLoad) OnClose(*reactor.UDP, error) {}

// serve sends up to n datagrams.
func (l *echoLoad) serve(n int64) {
	p := make([]byte, 64)
	for i := range min(int64(l.inFlight*len(l.peers)), n) {
		_ = l.peers[int(i)%len(l.peers)].Send(p, netip.AddrPort{})
	}
}

// run returns when n have come back. What is lost is sent again.
func (l *echoLoad) run(b *testing.B, n int64) {
	l.left.Store(n)
	l.serve(n)
	for last := n; ; {
		select {
		case <-l.done:
			return
		case <-time.After(300 * time.Millisecond):
		}
		left := l.left.Load()
		if left == last {
			b.Logf("datagrams were lost: %d left", left)
			l.serve(left)
		}
		last = left
	}
}
