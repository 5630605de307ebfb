//go:build linux

package peer

import (
	"bufio"
	"net"
	"sync"
)

// stdlib is package net as its documentation has it: a goroutine for each
// connection, Read and Write (net, package documentation: "Accept ... go
// handleConnection(conn)").
var stdlib = &Peer{Name: "net",
	starts: map[Kind]start{
		Echo: netServer(netEcho),
		Push: netServer(netPush),
		UDP:  netUDP,
	},
	missing: map[Kind]string{Line: "nothing in package net reads to a delimiter: net+bufio does"},
}

// stdlibBuffered is package net with bufio on both sides, which is how programs
// that care use it: output leaves when no more input is buffered, and pushed
// messages leave together with those that came meanwhile.
var stdlibBuffered = &Peer{Name: "net+bufio",
	starts: map[Kind]start{
		Echo: netServer(bufioEcho),
		Line: netServer(bufioLine),
		Push: netServer(bufioPush),
	},
}

// netServer accepts connections and serves each on a goroutine. begin is
// called once.
func netServer(begin func() func(net.Conn)) start {
	return func(listen string) (string, error) {
		ln, err := net.Listen("tcp", listen)
		if err != nil {
			return "", err
		}
		handle := begin()
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					handle(c)
				}()
			}
		}()
		return ln.Addr().String(), nil
	}
}

func netEcho() func(net.Conn) {
	return func(c net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			if _, err := c.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

func netPush() func(net.Conn) {
	p := newProducer()
	return func(c net.Conn) {
		t := p.add(func(m []byte) error {
			_, err := c.Write(m)
			return err
		})
		listen(c, t)
	}
}

// listen passes on what the client asks for.
func listen(c net.Conn, t *target) {
	buf := make([]byte, 64)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		t.asked(n)
	}
}

func bufioEcho() func(net.Conn) {
	return func(c net.Conn) {
		r, w := bufio.NewReader(c), bufio.NewWriter(c)
		for {
			if _, err := r.Peek(1); err != nil {
				return
			}
			p, _ := r.Peek(r.Buffered())
			if _, err := w.Write(p); err != nil {
				return
			}
			_, _ = r.Discard(len(p))
			if w.Flush() != nil {
				return
			}
		}
	}
}

func bufioLine() func(net.Conn) {
	return func(c net.Conn) {
		r, w := bufio.NewReader(c), bufio.NewWriter(c)
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			if _, err := w.Write(line); err != nil {
				return
			}
			if r.Buffered() == 0 && w.Flush() != nil {
				return
			}
		}
	}
}

func bufioPush() func(net.Conn) {
	p := newProducer()
	return func(c net.Conn) {
		w := newCoalescer(c)
		t := p.add(w.write)
		listen(c, t)
	}
}

// A coalescer is a bufio.Writer that is flushed by a goroutine of its own: what
// is written while it is busy, or has not come to run, leaves together.
type coalescer struct {
	dirty chan struct{} // one slot; writers send, the flusher receives

	mu sync.Mutex
	w  *bufio.Writer
}

func newCoalescer(c net.Conn) *coalescer {
	w := &coalescer{dirty: make(chan struct{}, 1), w: bufio.NewWriterSize(c, 64<<10)}
	go w.flush()
	return w
}

func (w *coalescer) write(p []byte) error {
	w.mu.Lock()
	clean := w.w.Buffered() == 0
	_, err := w.w.Write(p)
	w.mu.Unlock()
	if clean {
		select {
		case w.dirty <- struct{}{}:
		default:
		}
	}
	return err
}

func (w *coalescer) flush() {
	for range w.dirty {
		w.mu.Lock()
		_ = w.w.Flush() // the next write tells
		w.mu.Unlock()
	}
}
