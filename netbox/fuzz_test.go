package netbox

import (
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
