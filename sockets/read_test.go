package sockets

import (
	"bytes"
	"io"
	"testing"
	"time"
)

func TestALongLineTakesLinearTime(t *testing.T) {
	const size, piece = 8 << 20, 4 << 10
	c, s := pair(t)
	go func() {
		p := bytes.Repeat([]byte("x"), piece)
		for range size / piece {
			_, _ = c.Write(p)
		}
		_, _ = c.Write([]byte("\r\n"))
	}()
	begin := time.Now()
	var line []byte
	for { // given up again and again, the search goes on where it was
		var err error
		if line, err = s.ReadUntil(time.Millisecond, "\r\n", "\n\n"); err == nil {
			break
		}
		wantTimeout(t, err)
	}
	if len(line) != size+2 {
		t.Errorf("got %d bytes, want %d", len(line), size+2)
	}
	if d := time.Since(begin); d > soon {
		t.Errorf("took %v", d)
	}
}

func TestReadSliceIsReadUntilWithoutACopy(t *testing.T) {
	c, s := pair(t)
	send(t, c, "one\ntwo\nrest")
	wantBytes(t, "one\n", nil)(s.ReadSlice(soon, "\n"))
	line, err := s.ReadSlice(soon, "\n")
	wantBytes(t, "two\n", nil)(line, err)
	if cap(line) != len(line) {
		t.Error("the result can be appended to: that would overwrite what waits")
	}
	_ = c.CloseWrite()
	wantBytes(t, "rest", io.ErrUnexpectedEOF)(s.ReadSlice(soon, "\n"))
}

func TestAWaitingSocketHoldsNoBuffer(t *testing.T) {
	c, s := pair(t)
	send(t, c, "line\n")
	wantBytes(t, "line\n", nil)(s.ReadUntil(soon, "\n"))
	_, err := s.ReadUntil(short, "\n")
	wantTimeout(t, err)
	if s.in.mem != nil {
		t.Errorf("it holds %d bytes", len(s.in.mem.b))
	}
}
