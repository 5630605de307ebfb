package sockets

import (
	"testing"

	"github.com/kharon-net/kharon/reactor"
)

// TestAFullBufferStopsReading has a peer that sends without end and no
// delimiter: at the limit nothing more is read, the peer has to wait, and both
// go on when something was taken away.
func TestAFullBufferStopsReading(t *testing.T) {
	const bound, total = 1 << 20, 32 << 20
	inBothModes(t, func(t *caseT) {
		c, s := t.pair()
		s.SetMaxLine(bound)
		sent := t.spawn(func(t *caseT) {
			if n, err := c.WithContext(t.ctx).Write(make([]byte, total)); n != total || err != nil {
				t.Errorf("wrote %d, %v", n, err)
			}
		})
		for range 3 {
			_, err := s.ReadUntil(soon, "\n")
			wantIs(t, err, ErrLimit)
			if n := s.Buffered(); n < bound || n > bound+maxPooled {
				t.Errorf("%d bytes are held, want no more than one read over %d", n, bound)
			}
		}
		t.until("the peer has to wait", func() bool {
			ok, err := c.Writable(0)
			return !ok && err == nil
		})
		held := s.Buffered()
		t.sleep(short)
		if n := s.Buffered(); n != held {
			t.Errorf("it has gone on reading: %d bytes, %d before", n, held)
		}
		if n, err := s.Discard(total, soon); n != total || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		sent()
	})
}

// TestALongLineIsSearchedOnce counts the bytes that are searched while 8 MiB
// without a delimiter come in pieces of 4 KiB, each awaited by a call that is
// given up: the search goes on where it was.
func TestALongLineIsSearchedOnce(t *testing.T) {
	const size, piece = 8 << 20, 4 << 10
	onGoroutine(t, func(t *caseT) {
		c, s := t.pair()
		data := make([]byte, piece)
		searched := 0
		for range size / piece {
			_, err := c.Write(data)
			t.must(err)
			ready, err := s.Readable(soon)
			t.must(err)
			if !ready {
				t.Fatal("nothing came")
			}
			from := s.scanned
			for before := s.Buffered(); s.Buffered() < before+piece; {
				_, err = s.ReadUntil(0, "\r\n", "\n\n")
				wantIs(t, err, ErrTimeout)
			}
			searched += s.scanned - from
			if s.scanned != s.Buffered() {
				t.Fatalf("%d of %d bytes were searched", s.scanned, s.Buffered())
			}
		}
		if searched != size {
			t.Errorf("%d bytes were searched, want %d", searched, size)
		}
		send(t, c, "\r\n")
		if line, err := s.ReadUntil(soon, "\r\n", "\n\n"); len(line) != size+2 || err != nil {
			t.Errorf("got %d bytes, %v", len(line), err)
		}
	})
}

// TestMaxConns serves no more connections at a time than it may; further ones
// wait to be accepted.
func TestMaxConns(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		srv := t.serve(&Server{Handler: echoLines, MaxConns: 2})
		ask := func(c *Socket, in string) {
			t.Helper()
			send(t, c, in)
			wantBytes(t, in, nil)(c.ReadUntil(soon, "\n"))
		}
		a, b, c := t.client(srv), t.client(srv), t.client(srv)
		ask(a, "a\n")
		ask(b, "b\n")
		send(t, c, "c\n")
		_, err := c.ReadUntil(short, "\n")
		wantTimeout(t, err)
		if n := srv.Conns(); n != 2 {
			t.Errorf("%d are served", n)
		}
		t.must(a.Close())
		wantBytes(t, "c\n", nil)(c.ReadUntil(soon, "\n"))
		ask(b, "again\n")
		srv.CloseConns()
		_, err = b.ReadN(1, soon)
		if err == nil || isAny(err, ErrTimeout) {
			t.Errorf("after CloseConns: %v", err)
		}
		ask(t.client(srv), "the server goes on\n")
	})
}

// TestServersShareAListener accepts with several loops and servers from one
// listener.
func TestServersShareAListener(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		ln := t.listener("127.0.0.1", "0")
		srvs := []*Server{{Handler: echoLines, Mode: t.mode()}, {Handler: echoLines, Mode: t.mode(), MaxConns: 3}}
		var waits []func()
		for i := range 4 {
			waits = append(waits, t.spawn(func(t *caseT) {
				if err := srvs[i%2].Serve(t.ctx, ln); err == nil {
					t.Error("Serve returned without a reason")
				}
			}))
		}
		ask := func(times int) {
			for range times {
				c := t.own(ConnectContext(t.ctx, "127.0.0.1", addrOf(ln.Addr()).Service()))
				send(t, c, "x\n")
				wantBytes(t, "x\n", nil)(c.ReadUntil(soon, "\n"))
				t.must(c.Close())
			}
		}
		ask(40)
		t.closeServer(srvs[0])
		waits[0]()
		waits[2]()
		ask(10) // the other one goes on
		t.must(ln.Close())
		waits[1]()
		waits[3]()
		for _, srv := range srvs {
			reactor.Await(t.ctx, func() {
				if err := srv.Shutdown(background); err != nil {
					t.Error(err)
				}
			})
		}
	})
}
