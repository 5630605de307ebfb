//go:build linux

package trap

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"
)

// This file is about input that nobody wants yet.

// flood is what a client tries to send to a server that takes nothing, and
// bound what it may get rid of: the kernel's buffers on both sides and some.
const (
	flood = 256 << 20
	bound = 48 << 20
)

// stall is how long nothing has to go before the server counts as one that
// takes no more, even on a machine that is busy with other things.
const stall = 3 * time.Second

var heldInput = &Trap{"stop-reading", "a handler that can take no more can stop its client: of 256 MiB less than 48 get in",
	func(s *Subject) error { return s.flooded(App{hold: true}) }}

var untakenInput = &Trap{"take-nothing", "a handler that returns and has taken nothing does not fill the memory: of 256 MiB less than 48 get in",
	func(s *Subject) error { return s.flooded(App{untaken: true}) }}

// flooded tells how much of a flood the server takes.
func (s *Subject) flooded(app App) error {
	app.data = func(conn, []byte) {}
	srv, err := s.start(app)
	if err != nil {
		return err
	}
	c, err := dial(srv.addr)
	if err != nil {
		return err
	}
	taken, err := pour(c)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	sum := fmt.Sprintf("%s get in, heap %s", size(taken), size(int(m.HeapInuse)))
	switch {
	case taken > bound:
		return errors.New(sum)
	case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
		return fine("%s, then the connection ends", sum)
	}
	return fine("%s", sum)
}

// pour sends until nothing has gone for a while, and returns how much has.
func pour(c net.Conn) (taken int, err error) {
	buf := make([]byte, 64<<10)
	for taken < flood {
		if err := c.SetWriteDeadline(time.Now().Add(stall)); err != nil {
			return taken, err
		}
		n, err := c.Write(buf)
		if taken += n; err != nil {
			return taken, err
		}
	}
	return taken, nil
}

var takeNothing = &Trap{"discard-0", "taking 0 bytes of the input takes none", func(s *Subject) error {
	srv, err := s.start(App{takeNothing: true, data: func(c conn, p []byte) { _ = c.write(append([]byte(nil), p...)) }})
	if err != nil {
		return err
	}
	c, err := ask(srv.addr, "hello")
	if err != nil {
		return err
	}
	time.Sleep(50 * time.Millisecond)
	if _, err := io.WriteString(c, " again"); err != nil {
		return err
	}
	return expect(c, "hello again")
}}
