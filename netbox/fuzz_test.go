package netbox

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
)

// FuzzClientInput lets a server say anything after the greeting. The client must not panic, and each request ends with
// an answer or a typed error.
func FuzzClientInput(f *testing.F) {
	ok := okFrame(1<<slotBits, 7)
	f.Add([]byte{})
	f.Add(ok)
	f.Add(ok[:len(ok)-1])
	f.Add(append(unknownID, okFrame(1<<slotBits|1, 7)...))
	f.Add(append(okFrame(1<<slotBits|63, 7), okFrame(2<<slotBits|63, 7)...))
	f.Add(iproto.AppendChunk(nil, 1<<slotBits, 1, []byte{7}))
	f.Add([]byte{0xce, 0, 0, 0, 3, 0xc1, 0xc1, 0xc1})
	f.Add([]byte{0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ln.Close() })
	f.Fuzz(func(t *testing.T, input []byte) {
		served := make(chan struct{}) // closed by the goroutine, which is waited for
		go func() {
			defer close(served)
			s, err := ln.Accept()
			if err != nil {
				return
			}
			defer s.Close()
			s.Write(append(greeting(), input...))
			s.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, s)
		}()
		defer func() { <-served }()
		c, err := Connect(patience(t), ln.Addr().String(), Options{NoSchema: true, MaxPacket: 1 << 20})
		if err != nil {
			return
		}
		defer c.Close()
		future := c.Send(Call("f"))
		for range future.Pushes(patience(t)) {
		}
		expectTyped(t, future)
		future.Release()
		<-c.Done()
		expectTyped(t, c.Send(Ping()))
	})
}

// FuzzWholeClient lets a server say anything after the greeting to a client that reads the schema, watches and connects
// again. The client must not panic, and Close returns.
func FuzzWholeClient(f *testing.F) {
	b, mark := iproto.BeginFrame(nil)
	b = iproto.AppendReplyHeader(b, iproto.TypeOK, 1<<slotBits, 1)
	hello := iproto.EndFrame(iproto.ID{Version: 10, Features: 1<<13 - 1}.Append(b), mark)
	for _, sync := range []uint64{2 << slotBits, 1<<slotBits | 1, 1<<slotBits | 2, 1<<slotBits | 3} {
		hello = append(hello, okFrame(sync)...)
	}
	f.Add(hello)
	event := func(key string, value ...byte) []byte {
		return iproto.AppendEvent(nil, 0, iproto.Event{Key: []byte(key), Data: value})
	}
	f.Add(append(bytes.Clone(hello), event("k", 7)...))
	f.Add(append(bytes.Clone(hello), event(shutdownKey, 0xc3)...))
	f.Add(append(bytes.Clone(hello), event(shutdownKey, 0x91)...))
	f.Add(append(bytes.Clone(hello), okFrame(3<<slotBits, 7)...))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ln.Close() })
	f.Fuzz(func(t *testing.T, input []byte) {
		served := make(chan struct{}) // closed by the goroutine, which is waited for
		go func() {
			defer close(served)
			s, err := ln.Accept()
			if err != nil {
				return
			}
			defer s.Close()
			s.Write(append(greeting(), input...))
			s.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, s)
		}()
		defer func() { <-served }()
		c, err := Connect(patience(t), ln.Addr().String(), Options{MaxPacket: 1 << 20, NoWait: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = c.Watch("k", func(string, Value) {})
		_ = c.WaitConnected(patience(t))
		stream := c.NewStream()
		_ = stream.Begin(patience(t), TxnOptions{})
		_, _ = stream.Space("s").Get(patience(t), Key(1))
		_ = c.Space("s").Info()
		expectTyped(t, c.Send(Call("f")))
		<-c.Done()
	})
}

// expectTyped checks that a request ended as requests may end.
func expectTyped(t *testing.T, f *Future) {
	t.Helper()
	_, err := f.Wait(patience(t))
	var lost *ConnError
	var server *Error
	var packet *iproto.PacketError
	if err != nil && !errors.As(err, &lost) && !errors.As(err, &server) && !errors.As(err, &packet) {
		t.Errorf("got %v (%T)", err, err)
	}
}
