package sockets

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// inBothModes runs f on a goroutine and in a fiber.
func inBothModes(t *testing.T, f func(t *caseT)) {
	t.Run("goroutine", func(t *testing.T) { onGoroutine(t, f) })
	t.Run("fiber", func(t *testing.T) { inFiber(t, f) })
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// collect reads all that comes to s, beside the case.
func (t *caseT) collect(s *Socket) (result func() []byte) {
	var got []byte
	wait := t.spawn(func(t *caseT) {
		s := s.WithContext(t.ctx)
		s.SetMaxLine(0)
		var err error
		if got, err = readOpts(s, ReadOptions{}); err != nil {
			t.Error(err)
		}
	})
	return func() []byte { wait(); return got }
}

func TestAFileIsSent(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		data := randomBytes(5 << 20)
		path := filepath.Join(t.TempDir(), "file")
		t.must(os.WriteFile(path, data, 0o600))
		f, err := os.Open(path)
		t.must(err)
		defer f.Close()
		c, s := t.pair()
		result := t.collect(s)
		const head = 1 << 20
		if n, err := io.CopyN(c, f, head); n != head || err != nil {
			t.Errorf("the beginning: %d, %v", n, err)
		}
		if n, err := io.Copy(c, f); n != int64(len(data)-head) || err != nil {
			t.Errorf("the rest: %d, %v", n, err)
		}
		t.must(c.CloseWrite())
		if !bytes.Equal(result(), data) {
			t.Error("what came is not what was sent")
		}
	})
}

func TestAStreamIsPassedOn(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		data := randomBytes(5 << 20)
		a1, a2 := t.pair()
		b1, b2 := t.pair()
		result := t.collect(b2)
		sent := t.spawn(func(t *caseT) {
			a1 := a1.WithContext(t.ctx)
			send(t, a1, "first line\n"+string(data))
			_ = a1.CloseWrite()
		})
		wantBytes(t, "first line\n", nil)(a2.ReadUntil(soon, "\n")) // some of the rest is in the buffer now
		if n, err := io.Copy(b1, a2); n != int64(len(data)) || err != nil {
			t.Errorf("copied %d, %v", n, err)
		}
		sent()
		t.must(b1.CloseWrite())
		if !bytes.Equal(result(), data) {
			t.Error("what came is not what was sent")
		}
	})
}

func TestCopyingFromAndToOthers(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		data := randomBytes(1 << 20)
		c, s := t.pair()
		sent := t.spawn(func(t *caseT) {
			c := c.WithContext(t.ctx)
			if n, err := io.Copy(c, bytes.NewReader(data)); n != int64(len(data)) || err != nil {
				t.Errorf("sent %d, %v", n, err)
			}
			_ = c.CloseWrite()
		})
		var got bytes.Buffer
		if n, err := io.Copy(&got, s); n != int64(len(data)) || err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("read %d, %v", n, err)
		}
		sent()
	})
}

func TestWritev(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		c, s := t.pair()
		data := randomBytes(3 << 20)
		var bufs net.Buffers
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+len(rest)%3000)
			bufs = append(bufs, rest[:n], nil)
			rest = rest[n:]
		}
		t.stuff(c)
		n, err := c.Writev(&bufs, short)
		wantTimeout(t, err)
		_, _ = s.Discard(64<<20, short)
		result := t.collect(s)
		left := int64(0)
		for _, b := range bufs {
			left += int64(len(b))
		}
		if n+left != int64(len(data)) {
			t.Errorf("%d written, %d left of %d", n, left, len(data))
		}
		if m, err := c.Writev(&bufs, soon); m != left || err != nil || len(bufs) != 0 {
			t.Errorf("the rest: %d of %d, %v", m, left, err)
		}
		t.must(c.CloseWrite())
		if got := result(); !bytes.HasSuffix(got, data[len(data)-int(left):]) {
			t.Errorf("%d bytes came", len(got))
		}
	})
}

func TestPacketConn(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		a, b, _ := t.packets()
		pa, pb := a.PacketConn(), b.PacketConn()
		if n, err := pb.WriteTo([]byte("hello"), pa.LocalAddr()); n != 5 || err != nil {
			t.Fatalf("WriteTo: %d, %v", n, err)
		}
		p := make([]byte, 10)
		n, from, err := pa.ReadFrom(p)
		wantBytes(t, "hello", nil)(p[:n], err)
		if from.String() != pb.LocalAddr().String() || from.Network() != "udp" {
			t.Errorf("from %v", from)
		}
		_, err = pb.WriteTo([]byte("x"), &net.IPNet{})
		wantIs(t, err, ErrInvalid)
		c, _ := t.pair()
		_, _, err = c.PacketConn().ReadFrom(p)
		wantIs(t, err, ErrInvalid)
	})
}

func TestLines(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		c, s := t.pair()
		send(t, c, "one\ntwo\r\n\nfour\nbody!five\nlast")
		t.must(c.CloseWrite())
		var lines []string
		var last error
		for line, err := range s.Lines(soon) {
			lines = append(lines, string(line))
			if string(line) == "four" { // other reads may come between
				wantBytes(t, "body!", nil)(s.ReadN(5, soon))
			}
			last = err
		}
		if got, want := len(lines), 6; got != want || lines[1] != "two" || lines[2] != "" || lines[4] != "five" || lines[5] != "last" {
			t.Errorf("lines %q", lines)
		}
		wantIs(t, last, io.ErrUnexpectedEOF)
		for range s.Lines(soon) {
			t.Error("a line after the end")
		}
		ctx, cancel := context.WithCancel(t.ctx)
		cancel()
		_, s = t.pair()
		for _, err := range s.WithContext(ctx).Lines(soon) {
			wantIs(t, err, context.Canceled)
		}
	})
}

func TestReadFullTakesAllOrNothing(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		c, s := t.pair()
		p := make([]byte, 5)
		send(t, c, "abc")
		n, err := s.ReadFull(p, short)
		wantTimeout(t, err)
		if n != 0 || s.Buffered() != 3 {
			t.Errorf("got %d, buffered %d", n, s.Buffered())
		}
		send(t, c, "defg")
		n, err = s.ReadFull(p, soon)
		wantBytes(t, "abcde", nil)(p[:n], err)
		if b, err := s.ReadByte(); b != 'f' || err != nil {
			t.Errorf("ReadByte: %q, %v", b, err)
		}
		t.must(c.CloseWrite())
		n, err = s.ReadFull(p, soon)
		wantBytes(t, "g", io.ErrUnexpectedEOF)(p[:n], err)
		if _, err := s.ReadByte(); !isEOF(err) {
			t.Errorf("ReadByte: %v", err)
		}
	})
}

func TestReceivingIntoABuffer(t *testing.T) {
	inBothModes(t, func(t *caseT) {
		a, b, port := t.packets()
		p := make([]byte, 3)
		for range 2 {
			_, err := b.SendTo("127.0.0.1", port, []byte("hello"))
			t.must(err)
		}
		wantReady(t, true)(a.Readable(soon))
		n, err := a.RecvInto(p)
		wantBytes(t, "hel", nil)(p[:n], err)
		n, err = a.ReadTimeout(p, soon)
		wantBytes(t, "hel", nil)(p[:n], err)
		_, err = a.ReadTimeout(p, short)
		wantTimeout(t, err)
		_, err = a.RecvInto(p)
		wantIs(t, err, ErrWouldBlock)
		c, s := t.pair()
		send(t, c, "abcdef")
		wantBytes(t, "a", nil)(s.ReadN(1, soon))
		n, err = s.RecvInto(p, FlagPeek)
		wantBytes(t, "bcd", nil)(p[:n], err)
		n, err = s.ReadTimeout(p, 0)
		wantBytes(t, "bcd", nil)(p[:n], err)
	})
}
