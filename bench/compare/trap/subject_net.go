//go:build linux

package trap

import (
	"bufio"
	"io"
	"net"
	"sync"
	"time"
)

// stdlib is package net, with bufio for reading.
var stdlib = &Subject{Name: "net", serve: serveNet,
	dialInside: func(target string, done func(error)) error {
		return besides(serveNet, func() {
			c, err := net.Dial("tcp", target)
			if err == nil {
				c.Close()
			}
			done(err)
		})
	},
	Absent: map[*Trap]string{
		drainedShutdown: "package net has no server to shut down",
		dialAfterStop:   "dialling needs nothing that could have stopped",
	},
}

// besides runs f in the callback of a server that a client has called.
func besides(serve serveFunc, f func()) error {
	srv, err := serve("tcp", "127.0.0.1:0", App{data: func(conn, []byte) { f() }})
	if err != nil {
		return err
	}
	_, err = ask(srv.addr, "dial")
	return err
}

func serveNet(network, addr string, app App) (*server, error) {
	ln, err := net.Listen(network, addr)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var open []net.Conn
	go func() {
		for {
			c, err := ln.Accept()
			if ne, ok := err.(net.Error); ok && ne.Temporary() { //nolint:errorlint,staticcheck // as net/http has it
				time.Sleep(5 * time.Millisecond)
				continue
			}
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			go serveConn(c, app)
		}
	}()
	return &server{addr: ln.Addr().String(), stop: func() error {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			c.Close()
		}
		return ln.Close()
	}}, nil
}

// serveConn is a connection's goroutine.
func serveConn(c net.Conn, app App) {
	if app.hold || app.untaken {
		select {} // it is busy with something else
	}
	r := bufio.NewReader(c)
	for {
		if app.takeNothing {
			_, _ = r.Discard(0)
		}
		if _, err := r.Peek(1); err != nil {
			break
		}
		p, _ := r.Peek(r.Buffered())
		app.data(blocking{c}, p)
		_, _ = r.Discard(len(p))
	}
	if !app.linger {
		c.Close()
	}
}

// blocking is a connection of those whose calls wait.
type blocking struct{ c net.Conn }

func (b blocking) write(p []byte) error {
	_, err := b.c.Write(p)
	return err
}

func (b blocking) writeLater(p []byte) error { return b.write(p) }

func (b blocking) writev(bufs [][]byte) error {
	v := net.Buffers(bufs)
	_, err := v.WriteTo(b.c)
	return err
}

func (b blocking) stream(r io.Reader) error {
	_, err := io.Copy(b.c, r)
	return err
}

func (b blocking) close() error { return b.c.Close() }

func (b blocking) closeNow() error { return b.c.Close() }
