//go:build unix

package reactor

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestDescriptorZero runs TestServesOnDescriptorZero in a process of its own,
// which closes its standard input.
func TestDescriptorZero(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServesOnDescriptorZero$", "-test.v")
	cmd.Env = append(os.Environ(), "KHARON_TEST_ZERO=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestServesOnDescriptorZero(t *testing.T) {
	if os.Getenv("KHARON_TEST_ZERO") == "" {
		return // it is for TestDescriptorZero
	}
	r, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	numbers := make(chan int, 1)
	ln, err := r.Listen("tcp", "127.0.0.1:0", ListenConfig{}, func(c *Conn) Handler {
		numbers <- c.fd
		return mirror{}
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(client) }()
	_ = syscall.Close(0)
	to := &syscall.SockaddrInet4{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	if err := syscall.Connect(client, to); err != nil {
		t.Fatal(err)
	}
	if fd := <-numbers; (fd == 0) == (reservedFD == 0) {
		t.Errorf("the connection is descriptor %d", fd)
	}
	p := []byte("x")
	_, _ = syscall.Write(client, p)
	if n, err := syscall.Read(client, p); n != 1 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
