//go:build linux

package trap

import (
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// This file is about calls at the wrong time or place.

// target is a server to connect to.
func target() (string, error) {
	srv, err := serveNet("tcp", "127.0.0.1:0", App{data: echo})
	if err != nil {
		return "", err
	}
	return srv.addr, nil
}

var dialInHandler = &Trap{"dial-in-handler", "Dial inside a handler returns, with a connection or an error", func(s *Subject) error {
	addr, err := target()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	if err := s.dialInside(addr, func(err error) { done <- err }); err != nil {
		return err
	}
	select {
	case err := <-done:
		if err != nil {
			return fine("refused: %v", err)
		}
		return nil
	case <-time.After(patience):
		return errors.New("it waits for its own loop, for ever")
	}
}}

var dialAfterStop = &Trap{"dial-after-stop", "dialling with a client that was stopped returns an error", func(s *Subject) error {
	addr, err := target()
	if err != nil {
		return err
	}
	for range 10 { // there are libraries that do so now and then
		err := within(patience, "the call", func() error {
			if err := s.dialStopped(addr); err == nil {
				return errors.New("it tells of no error")
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}}

var writeAfterStop = &Trap{"write-after-stop", "writing when the server was stopped returns an error", func(s *Subject) error {
	got := make(chan conn, 1)
	srv, err := s.start(App{data: func(c conn, _ []byte) { got <- c }})
	if err != nil {
		return err
	}
	if _, err := ask(srv.addr, "hello"); err != nil {
		return err
	}
	c := <-got
	if err := within(patience, "stop", srv.stop); err != nil {
		return err
	}
	return within(patience, "write", func() error {
		if err := c.writeLater([]byte("anybody?")); err == nil {
			return errors.New("it returns nil, and nothing is sent")
		}
		return nil
	})
}}

var foreignDescriptor = &Trap{"fd-reuse", "what is written after Close never reaches the next descriptor of that number", func(s *Subject) error {
	addr := make(chan net.Addr, 1)
	w := &watch{}
	closed := make(chan conn, 1)
	srv, err := s.start(App{linger: true, data: func(c conn, _ []byte) {
		w.find(<-addr)
		_ = c.closeNow()
		w.occupy(50 * time.Millisecond) // some close in the callback, others after it
		_ = safely(func() error { return c.write([]byte("astray")) })
		closed <- c
	}})
	if err != nil {
		return err
	}
	c, err := ask(srv.addr, "close")
	if err != nil {
		return err
	}
	addr <- c.LocalAddr()
	server := <-closed
	if w.fd < 0 {
		return errors.New("the connection's descriptor was not found")
	}
	w.occupy(patience)
	if w.pair[0] == 0 {
		return errors.New("the descriptor is not closed")
	}
	_ = within(patience, "write", func() error {
		return safely(func() error { return server.writeLater([]byte("astray")) })
	})
	return w.untouched()
}}

// A watch is a descriptor whose number is to be used again.
type watch struct {
	fd   int
	pair [2]int // a pair of sockets, the first of which has the number
}

// find looks for the descriptor that is connected to addr.
func (w *watch) find(addr net.Addr) {
	port := addr.(*net.TCPAddr).Port
	for w.fd = 3; w.fd < 1024; w.fd++ {
		sa, err := unix.Getpeername(w.fd)
		if in4, ok := sa.(*unix.SockaddrInet4); err == nil && ok && in4.Port == port {
			return
		}
		if in6, ok := sa.(*unix.SockaddrInet6); err == nil && ok && in6.Port == port {
			return
		}
	}
	w.fd = -1
}

// occupy waits until the descriptor is closed, and makes its number that of
// something else.
func (w *watch) occupy(d time.Duration) {
	for end := time.Now().Add(d); w.fd > 0 && w.pair[0] == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, err := unix.FcntlInt(uintptr(w.fd), unix.F_GETFD, 0); err == nil {
			continue
		}
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return
		}
		if pair[1] == w.fd {
			pair[0], pair[1] = pair[1], pair[0]
		}
		if pair[0] != w.fd {
			_ = unix.Dup3(pair[0], w.fd, unix.O_CLOEXEC)
		}
		w.pair = pair
	}
}

// untouched tells whether anything was written to the descriptor.
func (w *watch) untouched() error {
	time.Sleep(moment)
	buf := make([]byte, 64)
	if n, err := unix.Read(w.pair[1], buf); err == nil && n > 0 {
		return fmt.Errorf("%q is written to a descriptor that is not the library's", buf[:n])
	}
	return nil
}

var panickingHandler = &Trap{"panic", "a handler that panics ends its connection and nothing else", func(s *Subject) error {
	srv, err := s.start(App{data: func(c conn, p []byte) {
		if string(p) == "panic" {
			panic("a handler's")
		}
		echo(c, p)
	}})
	if err != nil {
		return err
	}
	other, err := dial(srv.addr)
	if err != nil {
		return err
	}
	if err := echoes(other); err != nil {
		return err
	}
	if _, err := ask(srv.addr, "panic"); err != nil {
		return err
	}
	time.Sleep(moment)
	return errors.Join(named("another connection", echoes(other)), named("a later one", laterEchoes(srv.addr)))
}}
