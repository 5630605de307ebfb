//go:build linux

package trap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// This file is about output that does not arrive.

const large = 32 << 20 // more than any socket's buffers hold

var halfClose = &Trap{"half-close", "a client that has finished sending gets the reply a goroutine makes 50 ms later",
	func(s *Subject) error {
		srv, err := s.start(App{linger: true, data: func(c conn, p []byte) {
			text := string(p)
			time.AfterFunc(50*time.Millisecond, func() { _ = c.writeLater([]byte(text)) })
		}})
		if err != nil {
			return err
		}
		c, err := ask(srv.addr, "hello")
		if err != nil {
			return err
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			return err
		}
		return expect(c, "hello")
	}}

var writeThenClose = &Trap{"write-close", "32 MiB written before Close arrive, and then the end", func(s *Subject) error {
	out := patterned(large)
	return s.sends(large, true, func(c conn) error { return errors.Join(c.write(out), c.close()) })
}}

var manySlices = &Trap{"writev-2000", "a writev of 2000 slices arrives", func(s *Subject) error {
	const slices, each = 2000, 64
	return s.sends(slices*each, false, func(c conn) error { return c.writev(cut(patterned(slices*each), each)) })
}}

var largeSlices = &Trap{"writev-16MiB", "a writev of 16 slices of 1 MiB arrives", func(s *Subject) error {
	const slices, each = 16, 1 << 20
	return s.sends(slices*each, false, func(c conn) error { return c.writev(cut(patterned(slices*each), each)) })
}}

func cut(b []byte, each int) (bufs [][]byte) {
	for ; len(b) > 0; b = b[each:] {
		bufs = append(bufs, b[:each])
	}
	return bufs
}

var streamed = &Trap{"stream", "32 MiB copied from an io.Reader arrive", func(s *Subject) error {
	return s.sends(large, false, func(c conn) error { return c.stream(io.LimitReader(&pattern{}, large)) })
}}

// sends has the server send n bytes in its callback, to a client that begins
// to read a little later.
func (s *Subject) sends(n int, closed bool, send func(conn) error) error {
	said := make(chan error, 1)
	srv, err := s.start(App{data: func(c conn, _ []byte) { said <- send(c) }})
	if err != nil {
		return err
	}
	return receives(srv.addr, n, closed, said)
}

func receives(addr string, n int, closed bool, said <-chan error) error {
	c, err := ask(addr, "go")
	if err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond)
	err = whole(c, n, closed)
	select {
	case said := <-said:
		if err != nil && said != nil {
			return fmt.Errorf("%w; the call says: %w", err, said)
		}
	default:
	}
	return err
}

var unixWrite = &Trap{"unix-write", "16 MiB written to a unix socket arrive", func(s *Subject) error {
	const n = 16 << 20
	path, remove, err := socketPath()
	if err != nil {
		return err
	}
	defer remove()
	said := make(chan error, 1)
	srv, err := s.serve("unix", path, App{data: func(c conn, _ []byte) { said <- c.write(patterned(n)) }})
	if err != nil {
		return err
	}
	return receives(srv.addr, n, false, said)
}}

var drainedShutdown = &Trap{"shutdown", "a graceful shutdown of the server delivers 32 MiB that were written before",
	func(s *Subject) error {
		began := make(chan bool, 1)
		out := patterned(large)
		srv, err := s.start(App{data: func(c conn, _ []byte) {
			began <- true
			_ = c.write(out)
		}})
		if err != nil {
			return err
		}
		c, err := ask(srv.addr, "go")
		if err != nil {
			return err
		}
		<-began
		time.Sleep(200 * time.Millisecond) // the first bytes are on their way
		ctx, cancel := context.WithTimeout(context.Background(), patience/2)
		defer cancel()
		go func() { _ = srv.drain(ctx) }()
		time.Sleep(50 * time.Millisecond)
		return whole(c, large, false)
	}}
