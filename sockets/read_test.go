package sockets

import (
	"io"
	"testing"
)

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
