package box

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A raw is a client that sends bytes as they are and takes replies apart.
type raw struct {
	net.Conn
	t        testing.TB
	greeting iproto.Greeting
	in       []byte // read and not yet taken
}

// A reply is one frame from the server.
type reply struct {
	iproto.Header
	frame []byte // with its length prefix
	body  []byte
}

// dialRaw connects and reads the greeting. Whatever waits afterwards waits for reactortest.Patience at most.
func dialRaw(t testing.TB, addr string) *raw {
	t.Helper()
	network := "tcp"
	if path, ok := strings.CutPrefix(addr, "unix/:"); ok {
		network, addr = "unix", path
	}
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	return newRaw(t, c)
}

// newRaw reads the greeting from a connection, which is closed with the test.
func newRaw(t testing.TB, c net.Conn) *raw {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(reactortest.Patience)); err != nil {
		t.Fatal(err)
	}
	r := &raw{Conn: c, t: t}
	g := make([]byte, iproto.GreetingSize)
	if _, err := io.ReadFull(c, g); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.greeting, _, err = iproto.ParseGreeting(g); err != nil {
		t.Fatal(err)
	}
	return r
}

// send writes bytes given in hex, spaces ignored.
func (r *raw) send(text string) {
	r.t.Helper()
	r.write(unhex(r.t, text))
}

func (r *raw) write(p []byte) {
	r.t.Helper()
	if _, err := r.Write(p); err != nil {
		r.t.Fatal(err)
	}
}

// next reads one reply; io.EOF when the server has closed instead.
func (r *raw) next() (reply, error) {
	for {
		size, n, err := iproto.ParseFrameLength(r.in, 0)
		if err != nil {
			return reply{}, err
		}
		if end := n + int(size); n > 0 && end <= len(r.in) {
			p := reply{frame: bytes.Clone(r.in[:end])}
			r.in = r.in[end:]
			var m int
			p.Header, m, err = iproto.ParseHeader(p.frame[n:])
			p.body = p.frame[n+m:]
			return p, err
		}
		buf := make([]byte, 64<<10)
		n, err = r.Read(buf)
		r.in = append(r.in, buf[:n]...)
		if err != nil && n == 0 {
			return reply{}, err
		}
	}
}

// take is next for a reply that must come.
func (r *raw) take() reply {
	r.t.Helper()
	p, err := r.next()
	if err != nil {
		r.t.Fatalf("instead of a reply: %v", err)
	}
	return p
}

// expectOK reads a reply that must be no error.
func (r *raw) expectOK(sync uint64) reply {
	r.t.Helper()
	p := r.take()
	if p.Type != iproto.TypeOK || p.Sync != sync {
		r.t.Fatalf("got %v, want OK sync=%d", p, sync)
	}
	return p
}

// expectError reads a reply that must be this error.
func (r *raw) expectError(sync uint64, code iproto.Code, message string) *iproto.Error {
	r.t.Helper()
	p := r.take()
	e := p.err(r.t)
	if e == nil || p.Sync != sync || e.Code != code || e.Message != message {
		r.t.Fatalf("got %v, want sync=%d code=%d %q", p, sync, code, message)
	}
	return e
}

// expectEOF reads up to the end, which must come before anything else.
func (r *raw) expectEOF() {
	r.t.Helper()
	if p, err := r.next(); !errors.Is(err, io.EOF) {
		r.t.Fatalf("got %v, %v, want EOF", p, err)
	}
}

// expectAlive asks for a ping.
func (r *raw) expectAlive() {
	r.t.Helper()
	r.write(iproto.AppendPing(nil, 4711, 0))
	r.expectOK(4711)
}

// err returns the error of a reply, nil when it is none.
func (p reply) err(t testing.TB) *iproto.Error {
	t.Helper()
	if !p.Type.IsError() {
		return nil
	}
	e, err := iproto.ParseError(p.Type.Code(), p.body)
	if err != nil {
		t.Fatalf("error reply %x: %v", p.frame, err)
	}
	return e
}

// String renders a reply for a failed test.
func (p reply) String() string {
	text := p.Type.String() + " " + hex.EncodeToString(p.frame)
	if e, err := iproto.ParseError(p.Type.Code(), p.body); p.Type.IsError() && err == nil {
		text = p.Type.String() + " " + e.Message
	}
	return text
}

// unhex decodes hex with spaces in it.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// frame puts the length before a packet given in hex.
func frame(t testing.TB, packet string) []byte {
	t.Helper()
	p, mark := iproto.BeginFrame(nil)
	return iproto.EndFrame(append(p, unhex(t, packet)...), mark)
}

// hangUp ends the connection: "close", "half-close" or "reset".
func (r *raw) hangUp(how string) {
	r.t.Helper()
	tcp := r.Conn.(*net.TCPConn)
	var err error
	switch how {
	case "half-close":
		err = tcp.CloseWrite()
	case "reset":
		err = errors.Join(tcp.SetLinger(0), tcp.Close())
	default:
		err = tcp.Close()
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func newArgs(data []byte) (Args, error) { return msgp.NewArray(data) }
