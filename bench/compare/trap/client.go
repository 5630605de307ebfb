//go:build linux

package trap

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// patience is how long a client waits for what must come, and moment how long
// for what must not.
const (
	patience = 5 * time.Second
	moment   = 300 * time.Millisecond
)

// start serves on a port of TCP that the system chooses.
func (s *Subject) start(app App) (*server, error) { return s.serve("tcp", "127.0.0.1:0", app) }

// dial connects to a server, over TCP unless the address is a path.
func dial(addr string) (net.Conn, error) {
	if filepath.IsAbs(addr) {
		return net.DialTimeout("unix", addr, patience)
	}
	return net.DialTimeout("tcp", addr, patience)
}

// ask connects, sends text and returns the connection.
func ask(addr, text string) (net.Conn, error) {
	c, err := dial(addr)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(c, text)
	return c, err
}

// expect reads text.
func expect(c net.Conn, text string) error {
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	got := make([]byte, len(text))
	n, err := io.ReadFull(c, got)
	switch {
	case err != nil:
		return fmt.Errorf("%q comes instead of %q, then %s", got[:n], text, ending(err))
	case string(got) != text:
		return fmt.Errorf("%q comes instead of %q", got, text)
	}
	return nil
}

// echoes tells whether a server answers on c.
func echoes(c net.Conn) error {
	if _, err := io.WriteString(c, "still there?"); err != nil {
		return err
	}
	return expect(c, "still there?")
}

// pattern is a stream in which a missing byte shows: its period is prime.
type pattern struct{ at int }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(p.at % 251)
		p.at++
	}
	return len(b), nil
}

// patterned is the first n bytes of the pattern.
func patterned(n int) []byte {
	b := make([]byte, n)
	_, _ = (&pattern{}).Read(b)
	return b
}

// whole reads n bytes of the pattern, and the end of the stream if closed is
// set.
func whole(c net.Conn, n int, closed bool) error {
	buf := make([]byte, 64<<10)
	for at := 0; at < n; {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		m, err := c.Read(buf[:min(len(buf), n-at)])
		for i, b := range buf[:m] {
			if b != byte((at+i)%251) {
				return fmt.Errorf("after %s other bytes come than were written", size(at+i))
			}
		}
		if at += m; err != nil && at < n {
			return fmt.Errorf("%s of %s arrive, then %s", size(at), size(n), ending(err))
		}
	}
	if !closed {
		return nil
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if m, err := c.Read(buf); m > 0 || err != io.EOF { //nolint:errorlint // net.Conn returns it bare
		return fmt.Errorf("all arrives, and then %d bytes and %v instead of the end", m, err)
	}
	return nil
}

// ending says how a stream has ended, without addresses, which differ each
// time.
func ending(err error) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the end"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "nothing"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "a reset"
	}
	return err.Error()
}

// safely is what f returns, be it by a panic.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the call panics: %v", v)
		}
	}()
	return f()
}

// size writes a number of bytes.
func size(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d B", n)
}

// within is what f returns, or that it does not.
func within(d time.Duration, what string, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(d):
		return fmt.Errorf("%s has not returned after %v", what, d)
	}
}

// socketPath is a path for a unix socket, and what removes it.
func socketPath() (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "trap-*")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "socket"), func() { _ = os.RemoveAll(dir) }, nil
}
