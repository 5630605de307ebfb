package sockets

import (
	"crypto/rand"
	"io"
	"net"
	"testing"
	"time"
)

func TestSyscallConnReadsAndWrites(t *testing.T) {
	c, s := pair(t)
	rc, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := rc.Control(func(fd uintptr) {
		if int(fd) != c.FD() {
			t.Errorf("the descriptor is %d, want %d", fd, c.FD())
		}
	}); err != nil {
		t.Error(err)
	}
	if err := rc.Write(func(fd uintptr) bool { _, err := sysWrite(int(fd), []byte("raw")); return err == nil }); err != nil {
		t.Error(err)
	}
	wantBytes(t, "raw", nil)(s.ReadN(3, soon))

	rs, _ := s.SyscallConn()
	tried := 0
	p := make([]byte, 10)
	if err := rs.Read(func(fd uintptr) bool {
		if tried++; tried == 1 {
			send(t, c, "x")
			return false // as if there were nothing yet
		}
		n, err := sysRead(int(fd), p)
		return n == 1 && err == nil
	}); err != nil || tried < 2 {
		t.Errorf("Read: %v after %d calls", err, tried)
	}
	_ = s.SetReadDeadline(time.Now().Add(short))
	wantTimeout(t, rs.Read(func(uintptr) bool { return false }))
	_ = s.Close()
	wantIs(t, rs.Control(func(uintptr) {}), net.ErrClosed)
}

// TestAStreamOfOddPieces reads in every way at once what comes in pieces of
// every size: what is read must be what was written.
func TestAStreamOfOddPieces(t *testing.T) {
	const size = 4 << 20
	data := make([]byte, size)
	_, _ = rand.Read(data)
	c, s := pair(t)
	go func() {
		for i, n := 0, 1; i < size; i, n = i+n, n*5%70001+1 {
			_, _ = c.Write(data[i:min(size, i+n)])
		}
		_ = c.CloseWrite()
	}()
	got := make([]byte, 0, size)
	p := make([]byte, 10000)
	for i := 0; ; i++ {
		var part []byte
		var err error
		switch i % 4 {
		case 0:
			part, err = s.ReadUntil(soon, "\x00\x01", "\xff")
		case 1:
			part, err = s.ReadN(i*37%50000, soon)
		case 2:
			var n int
			n, err = s.Read(p)
			part = p[:n]
		case 3:
			part, err = s.ReadSlice(soon, "\x80")
		}
		got = append(got, part...)
		if err == io.EOF || err == io.ErrUnexpectedEOF { //nolint:errorlint // they come bare
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if string(got) != string(data) {
		t.Errorf("read %d bytes that are not the %d written", len(got), size)
	}
}
