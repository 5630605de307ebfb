package sockets

import (
	"bytes"
	"io"
	"syscall"
	"time"
)

var recvCases = []conformance{
	{name: "C057 Recv takes what is there", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "Hello")
		t.arrived(s, 5)
		wantBytes(t, "Hello", nil)(s.Recv(Auto))
		_, err := s.Recv(Auto)
		wantIs(t, err, ErrWouldBlock, syscall.EAGAIN)
		if s.Errno() != syscall.EAGAIN {
			t.Errorf("Errno %v", s.Errno())
		}
	})},
	{name: "C058 Recv, a peek, SysRead and ReadN share one stream", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "0123456789")
		t.arrived(s, 10)
		wantBytes(t, "012", nil)(s.Recv(3))
		wantBytes(t, "345", nil)(s.Recv(3, FlagPeek))
		wantBytes(t, "345", nil)(s.Recv(3, FlagPeek))
		p := make([]byte, 2)
		n, err := s.SysRead(p)
		wantBytes(t, "34", nil)(p[:n], err)
		wantBytes(t, "56", nil)(s.ReadN(2, 0))
		wantBytes(t, "7", nil)(s.Recv(1)) // the buffer comes first
		wantBytes(t, "89", nil)(s.Recv(5, FlagPeek))
		wantBytes(t, "89", nil)(s.Recv(5))
	})},
	{name: "C059 urgent data", run: onPair(func(t *caseT, c, s *Socket) {
		if n, err := c.Send([]byte("!"), FlagOOB); n != 1 || err != nil {
			t.Fatalf("Send: %d, %v", n, err)
		}
		var got []byte
		t.until("the byte arrives", func() bool {
			var err error
			got, err = s.Recv(1, FlagOOB)
			return err == nil
		})
		wantBytes(t, "!", nil)(got, nil)
	})},
	{name: "C060 an unknown flag", run: onPair(func(t *caseT, _, s *Socket) {
		_, err := ParseFlags("BADFLAG")
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
		_, err = s.Recv(3, 1<<22|FlagPeek)
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
		_, err = s.Send([]byte("x"), -1)
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
		_, err = s.Recv(-2)
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
		if f, err := ParseFlags("MSG_PEEK", "OOB"); f != FlagPeek|FlagOOB || err != nil {
			t.Errorf("ParseFlags: %v, %v", f, err)
		}
	})},
	{name: "C061 Recv of a stream takes 512 bytes", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, string(make([]byte, 1000)))
		t.arrived(s, 1000)
		if got, err := s.Recv(Auto); len(got) != 512 || err != nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})},
	{name: "C062 Recv at the end", run: onPair(func(t *caseT, c, s *Socket) {
		t.must(c.Close())
		wantReady(t, true)(s.Readable(soon))
		wantBytes(t, "", io.EOF)(s.Recv(5))
		wantBytes(t, "", nil)(s.Recv(0))
	})},
}

var writeCases = []conformance{
	{name: "C063 nothing is written at once", run: onPair(func(t *caseT, c, _ *Socket) {
		if n, err := c.WriteTimeout(nil, NoWait); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})},
	{name: "C064 writing to who has closed fails the second time", run: onPair(func(t *caseT, c, s *Socket) {
		t.must(s.Close())
		wantReady(t, true)(c.Readable(soon))
		send(t, c, "x")
		var err error
		t.until("a write fails", func() bool {
			_, err = c.WriteTimeout([]byte("y"), 0)
			return err != nil
		})
		if !isAny(err, syscall.EPIPE, syscall.ECONNRESET) {
			t.Error(err)
		}
	})},
	{name: "C065 writing after ShutWrite fails", run: onPair(func(t *caseT, c, _ *Socket) {
		t.must(c.Shutdown(ShutWrite))
		t.must(c.Shutdown(ShutWrite))
		_, err := c.Write([]byte("x"))
		wantIs(t, err, syscall.EPIPE)
	})},
	{name: "C066 a timeout tells how much has gone", run: onPair(func(t *caseT, c, s *Socket) {
		data := bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
		n, err := c.WriteTimeout(data, 100*time.Millisecond)
		wantTimeout(t, err)
		if n <= 0 || n >= len(data) {
			t.Fatalf("wrote %d", n)
		}
		t.must(c.CloseWrite())
		s.SetMaxLine(0)
		got, err := readOpts(s, ReadOptions{})
		if err != nil || !bytes.Equal(got, data[:n]) {
			t.Errorf("%d bytes came of the %d written, %v", len(got), n, err)
		}
	})},
	{name: "C067 SysWrite writes some, Send finds no room", run: onPair(func(t *caseT, c, _ *Socket) {
		data := make([]byte, 64<<20)
		if n, err := c.SysWrite(data); n <= 0 || n >= len(data) || err != nil {
			t.Errorf("SysWrite: %d, %v", n, err)
		}
		var err error
		t.until("it is full", func() bool { _, err = c.Send(data); return err != nil })
		wantIs(t, err, ErrWouldBlock, syscall.EAGAIN)
	})},
	{name: "C068 a full socket is not writable", run: onPair(func(t *caseT, c, s *Socket) {
		t.stuff(c)
		wantReady(t, false)(c.Writable(0))
		begin := time.Now()
		wantReady(t, false)(c.Writable(short))
		wantElapsed(t, begin, short)
		wantEvents(t, 0)(c.Wait(short))
		_, _ = s.Discard(8<<20, short)
		wantReady(t, true)(c.Writable(soon))
	})},
	{name: "C069 a long write goes out whole", run: onPair(func(t *caseT, c, s *Socket) {
		data := bytes.Repeat([]byte("x"), 8<<20)
		wait := t.spawn(func(t *caseT) {
			if n, err := s.WithContext(t.ctx).Discard(len(data), soon); n != len(data) || err != nil {
				t.Errorf("read %d, %v", n, err)
			}
		})
		if n, err := c.Write(data); n != len(data) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
		wait()
	})},
	{name: "C070 unconnected datagrams can not be written", run: func(t *caseT) {
		_, err := t.make(FamilyInet, Datagram).Write([]byte("x"))
		wantIs(t, err, syscall.EDESTADDRREQ)
	}},
	{name: "C071 writing an unconnected socket", run: func(t *caseT) {
		s := t.make(FamilyInet, Stream)
		_, err := s.Write([]byte("x"))
		if !isAny(err, syscall.EPIPE, syscall.ENOTCONN) {
			t.Error(err)
		}
		if _, err = s.Send([]byte("x")); !isAny(err, syscall.EPIPE, syscall.ENOTCONN) {
			t.Error(err)
		}
	}},
	{name: "C072 writes of one call are not mixed with others", run: onPair(func(t *caseT, c, s *Socket) {
		const size, rounds = 1 << 20, 3
		var waits []func()
		for _, letter := range []string{"a", "b"} {
			waits = append(waits, t.spawn(func(t *caseT) {
				c := c.WithContext(t.ctx)
				for range rounds {
					send(t, c, string(bytes.Repeat([]byte(letter), size)))
				}
			}))
		}
		for range 2 * rounds {
			got, err := s.ReadN(size, soon)
			t.must(err)
			if n := bytes.Count(got, got[:1]); n != size {
				t.Fatalf("%d bytes of another call among them", size-n)
			}
		}
		for _, wait := range waits {
			wait()
		}
	})},
}

// stuff writes until there is no more room.
func (t *caseT) stuff(c *Socket) {
	t.Helper()
	data := make([]byte, 1<<20)
	for full := 0; full < 3; {
		_, err := c.WriteTimeout(data, 10*time.Millisecond)
		if full++; err == nil {
			full = 0
		}
	}
}
