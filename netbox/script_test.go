package netbox

import (
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// A script is the server's side of one connection, played byte by byte.
type script struct {
	*net.TCPConn
	t testing.TB
}

// A request is what a script has read.
type request struct {
	iproto.Header
	body []byte
}

// play listens, and plays one connection on a goroutine of its own. What is wrong there is reported to the test.
func play(t testing.TB, f func(s *script)) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{}) // closed by the goroutine, which the cleanup waits for
	go func() {
		defer close(done)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(reactortest.Patience))
		f(&script{c.(*net.TCPConn), t})
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	return ln.Addr().String()
}

// greeting is a good one.
func greeting() []byte {
	g := iproto.Greeting{Version: "3.3.0", UUID: "55a4e66f-8c01-4ae3-be94-1ea81d160162", Salt: make([]byte, 32)}
	return g.Append(nil)
}

// introduce greets and answers ID as an old server does.
func (s *script) introduce() {
	s.Write(greeting())
	r := s.next()
	if r.Type != iproto.TypeID {
		s.t.Errorf("the first request is %v, want ID", r.Type)
	}
	s.Write(iproto.NewError(iproto.CodeUnknownRequestType, "Unknown request type 73").AppendReply(nil, r.Sync, 1))
}

// next reads a request; one of type 0 at the end of the connection.
func (s *script) next() request {
	head := make([]byte, 5)
	if _, err := io.ReadFull(s, head); err != nil {
		return request{}
	}
	size, _, _ := iproto.ParseFrameLength(head, 0)
	p := make([]byte, size)
	if _, err := io.ReadFull(s, p); err != nil {
		return request{}
	}
	h, n, err := iproto.ParseHeader(p)
	if err != nil {
		s.t.Errorf("bad request %x: %v", p, err)
	}
	return request{h, p[n:]}
}

// waitEOF reads until the client has closed.
func (s *script) waitEOF() { _, _ = io.Copy(io.Discard, s) }

// ok answers with values of one byte each.
func (s *script) ok(sync uint64, value ...byte) { s.Write(okFrame(sync, value...)) }

func okFrame(sync uint64, value ...byte) []byte {
	b, mark := iproto.BeginFrame(nil)
	b = iproto.AppendReplyHeader(b, iproto.TypeOK, sync, 1)
	b, data := iproto.AppendDataHead(b)
	return iproto.EndFrame(iproto.EndData(append(b, value...), data, uint32(len(value))), mark)
}

// unhex decodes hex with spaces in it. NN stands for the sync number, one byte.
func unhex(t testing.TB, text string, sync uint64) []byte {
	t.Helper()
	text = strings.ReplaceAll(text, "NN", hex.EncodeToString([]byte{byte(sync)}))
	// Syncs of a fresh connection do not fit one byte: SS is a whole encoded one.
	text = strings.ReplaceAll(text, "SS", hex.EncodeToString(msgp.AppendUint(nil, sync)))
	p, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// framed puts the length before a packet in the usual form.
func framed(packet []byte) []byte {
	b, mark := iproto.BeginFrame(nil)
	return iproto.EndFrame(append(b, bytes.Clone(packet)...), mark)
}
