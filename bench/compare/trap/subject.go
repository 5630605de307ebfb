//go:build linux

package trap

import (
	"context"
	"io"
)

// A Subject is a library, made to do what the traps want.
type Subject struct {
	Name   string
	Module string // its path; "": none of its own

	serve serveFunc

	// dialInside connects to target from within a callback, as the library has
	// it, and calls done when that call has returned.
	dialInside func(target string, done func(error)) error

	// dialStopped connects to target with a client that was stopped.
	dialStopped func(target string) error

	// Ways tells how the library does what a trap is about, where that is not
	// obvious.
	Ways map[*Trap]string

	// Absent tells which traps have nothing to catch here, and why.
	Absent map[*Trap]string
}

// A serveFunc starts a server. An address of TCP is host:port, and of a unix
// socket its path.
type serveFunc func(network, addr string, app App) (*server, error)

// Subjects are the libraries, in the order of the table.
var Subjects = []*Subject{stdlib, gnetSubject, nbioSubject, netpollSubject, kharonReactor, kharonSockets}

// Subjected returns the subject of that name, or nil.
func Subjected(name string) *Subject {
	for _, s := range Subjects {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// An App is what a server does with its connections.
type App struct {
	// data is called with what has come, in the library's callback. p is valid
	// until it returns.
	data func(c conn, p []byte)

	linger      bool // a connection stays open though its client has finished sending
	hold        bool // input is to stay where it is, by whatever means there are
	untaken     bool // the callback returns and has taken nothing
	takeNothing bool // 0 bytes are taken before all the others
}

// A conn is one connection of a server.
type conn interface {
	write(p []byte) error      // in the callback
	writeLater(p []byte) error // from any other goroutine
	writev(bufs [][]byte) error
	stream(r io.Reader) error
	close() error    // when what was written has left, if the library can
	closeNow() error // at once, in the callback
}

// A server is what serve has started.
type server struct {
	addr  string
	stop  func() error                // at once
	drain func(context.Context) error // gracefully
}
