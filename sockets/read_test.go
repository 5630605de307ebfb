package sockets

import (
	"bytes"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
)

// short is a timeout that is meant to pass.
const short = 50 * time.Millisecond

// The numbers are those of the conformance cases: what Tarantool's module does,
// said in Go.
var readCases = []struct {
	name string
	run  func(t *testing.T, c, s *Socket)
}{
	{"C022 ReadN of nothing is nothing at once", func(t *testing.T, _, s *Socket) {
		got, err := s.ReadN(0, Forever)
		if got == nil {
			t.Error("the result is nil, want an empty slice")
		}
		wantBytes(t, "", nil)(got, err)
	}},
	{"C023 without waiting there is nothing", func(t *testing.T, _, s *Socket) {
		for _, timeout := range []time.Duration{NoWait, -5 * time.Second} {
			begin := time.Now()
			_, err := s.ReadN(1, timeout)
			wantTimeout(t, err)
			if d := time.Since(begin); d > time.Second {
				t.Errorf("took %v", d)
			}
		}
	}},
	{"C024 a timeout passes", func(t *testing.T, _, s *Socket) {
		begin := time.Now()
		_, err := s.ReadN(1, short)
		wantTimeout(t, err)
		if d := time.Since(begin); d < short || d > soon {
			t.Errorf("took %v, want %v", d, short)
		}
	}},
	{"C025 what came before a timeout stays", func(t *testing.T, c, s *Socket) {
		send(t, c, "abc")
		got, err := s.ReadN(5, short)
		wantTimeout(t, err)
		if got != nil || s.Buffered() != 3 {
			t.Errorf("got %q, buffered %d, want nothing and 3", got, s.Buffered())
		}
		send(t, c, "de")
		wantBytes(t, "abcde", nil)(s.ReadN(5, soon))
	}},
	{"C026 C027 what waits in the kernel is read without waiting", func(t *testing.T, c, s *Socket) {
		for _, timeout := range []time.Duration{NoWait, -1} {
			send(t, c, "abcd")
			arrived(t, s, 4)
			wantBytes(t, "abcd", nil)(s.ReadN(4, timeout))
		}
	}},
	{"C029 a delimiter ends the line", func(t *testing.T, c, s *Socket) {
		send(t, c, "hello world\nrest")
		wantBytes(t, "hello world\n", nil)(s.ReadUntil(soon, "\n"))
		wantBytes(t, "rest", nil)(s.ReadN(4, NoWait))
	}},
	{"C030 a delimiter comes in pieces", func(t *testing.T, c, s *Socket) {
		send(t, c, "head\r")
		_, err := s.ReadUntil(NoWait, "\r\n\r\n")
		wantTimeout(t, err)
		send(t, c, "\n\r")
		arrived(t, s, 2)
		_, err = s.ReadUntil(NoWait, "\r\n\r\n")
		wantTimeout(t, err)
		send(t, c, "\nbody")
		wantBytes(t, "head\r\n\r\n", nil)(s.ReadUntil(soon, "\r\n\r\n"))
		wantBytes(t, "body", nil)(s.ReadN(4, soon))
	}},
	{"C031 one of several delimiters", func(t *testing.T, c, s *Socket) {
		send(t, c, "Hello\r\n\r\nworld\n\n")
		wantBytes(t, "Hello\r\n\r\n", nil)(s.ReadUntil(soon, "\n\n", "\r\n\r\n"))
	}},
	{"C033 the delimiter that ends first wins", func(t *testing.T, c, s *Socket) {
		send(t, c, "a\n\nb")
		wantBytes(t, "a\n", nil)(s.ReadUntil(soon, "\n\n", "\n"))
		wantBytes(t, "\n", nil)(s.ReadUntil(soon, "\n\n", "\n"))
	}},
	{"C035 a delimiter may be a NUL", func(t *testing.T, c, s *Socket) {
		send(t, c, "a\x00b\x00")
		wantBytes(t, "a\x00", nil)(s.ReadUntil(soon, "\x00"))
		wantBytes(t, "b\x00", nil)(s.ReadUntil(soon, "\x00"))
	}},
	{"C041 a delimiter may be any text", func(t *testing.T, c, s *Socket) {
		send(t, c, `Hello, world\nnew line`)
		wantBytes(t, `Hello, world\n`, nil)(s.ReadUntil(soon, `\n`))
		wantBytes(t, "n", nil)(s.ReadN(1, soon))
		wantBytes(t, "ew line", nil)(s.ReadUntil(soon, "ine"))
		_, err := s.ReadUntil(short, "ine")
		wantTimeout(t, err)
	}},
	{"C042 the end hands over the rest once", func(t *testing.T, c, s *Socket) {
		send(t, c, "tail-no-delim")
		_ = c.CloseWrite()
		wantBytes(t, "tail-no-delim", io.ErrUnexpectedEOF)(s.ReadUntil(soon, "\n"))
		wantBytes(t, "", io.EOF)(s.ReadUntil(soon, "\n"))
	}},
	{"C043 the end stays the end", func(t *testing.T, c, s *Socket) {
		send(t, c, "ok!")
		_ = c.Close()
		wantBytes(t, "ok!", nil)(s.ReadUntil(soon, "!"))
		wantBytes(t, "", io.EOF)(s.ReadUntil(soon, "!"))
		wantBytes(t, "", io.EOF)(s.ReadN(1, soon))
		if n, err := s.Read(make([]byte, 1)); n != 0 || err != io.EOF { //nolint:errorlint // io.EOF comes bare
			t.Errorf("Read: %d, %v", n, err)
		}
	}},
	{"C044 the end comes before the count", func(t *testing.T, c, s *Socket) {
		send(t, c, "Hello, world")
		_ = c.Close()
		wantBytes(t, "Hello, world", io.ErrUnexpectedEOF)(s.ReadN(123, soon))
	}},
	{"C048 a negative count is refused", func(t *testing.T, _, s *Socket) {
		_, err := s.ReadN(-1, Forever)
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
	}},
	{"C049 an empty delimiter is refused", func(t *testing.T, _, s *Socket) {
		for _, delims := range [][]string{{""}, {"\n", ""}, {}} {
			_, err := s.ReadUntil(Forever, delims...)
			wantIs(t, err, ErrInvalid, syscall.EINVAL)
		}
	}},
	{"C051 a reset is no end", func(t *testing.T, c, s *Socket) {
		_ = c.SetLinger(true, 0)
		_ = c.Close()
		_, err := s.ReadN(1, soon)
		wantIs(t, err, syscall.ECONNRESET)
		if got, err := s.ReadN(1, soon); len(got) > 0 || err == nil {
			t.Errorf("after the reset: %q, %v", got, err)
		}
	}},
	{"C051 a reset hands over the rest", func(t *testing.T, c, s *Socket) {
		send(t, c, "ab")
		wantBytes(t, "ab", nil)(s.Peek(2, soon))
		_ = c.SetLinger(true, 0)
		_ = c.Close()
		wantBytes(t, "ab", syscall.ECONNRESET)(s.ReadUntil(soon, "\n"))
	}},
	{"C054 Read takes from the buffer first", func(t *testing.T, c, s *Socket) {
		send(t, c, "line\nrest")
		wantBytes(t, "line\n", nil)(s.ReadUntil(soon, "\n"))
		p := make([]byte, 10)
		n, err := s.Read(p)
		wantBytes(t, "rest", nil)(p[:n], err)
		if n, err := s.Read(nil); n != 0 || err != nil {
			t.Errorf("Read(nil): %d, %v", n, err)
		}
	}},
	{"Peek takes nothing", func(t *testing.T, c, s *Socket) {
		send(t, c, "abcdef")
		wantBytes(t, "abc", nil)(s.Peek(3, soon))
		if n, err := s.Discard(2, soon); n != 2 || err != nil {
			t.Errorf("Discard: %d, %v", n, err)
		}
		_ = c.CloseWrite()
		wantBytes(t, "cdef", io.ErrUnexpectedEOF)(s.Peek(10, soon))
		if n, err := s.Discard(10, soon); n != 4 || err != io.ErrUnexpectedEOF { //nolint:errorlint // comes bare
			t.Errorf("Discard: %d, %v", n, err)
		}
		wantBytes(t, "", io.EOF)(s.Peek(1, soon))
	}},
	{"a deadline that is earlier than the timeout counts", func(t *testing.T, _, s *Socket) {
		_ = s.SetReadDeadline(time.Now().Add(short))
		_, err := s.ReadUntil(soon, "\n")
		wantTimeout(t, err)
		_ = s.SetReadDeadline(time.Time{})
		_, err = s.ReadUntil(short, "\n")
		wantTimeout(t, err)
	}},
	{"a line that is too long stays", func(t *testing.T, c, s *Socket) {
		s.SetMaxLine(10)
		send(t, c, "123456789\n")
		wantBytes(t, "123456789\n", nil)(s.ReadUntil(soon, "\n"))
		send(t, c, "1234567890\nx")
		got, err := s.ReadUntil(soon, "\n")
		wantBytes(t, "", ErrLimit)(got, err)
		wantBytes(t, "1234567890\nx", nil)(s.ReadN(12, soon))
	}},
}

func TestReading(t *testing.T) {
	for _, tc := range readCases {
		t.Run(tc.name, func(t *testing.T) {
			c, s := pair(t)
			tc.run(t, c, s)
		})
	}
}

// arrived waits until the kernel has n bytes for s.
func arrived(t testing.TB, s *Socket, n int) {
	t.Helper()
	until(t, "the bytes arrive", func() bool { return waiting(s.fd) == n })
}

func TestC046LongReads(t *testing.T) {
	text := strings.Repeat("abc", 65535)
	for _, tc := range []struct {
		name string
		n    int
		want string
		err  error
	}{
		{"all", len(text), text, nil},
		{"one more", len(text) + 1, text, io.ErrUnexpectedEOF},
		{"one less", len(text) - 1, text[1:], nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, s := pair(t)
			go func() {
				_, _ = io.WriteString(c, text)
				_ = c.CloseWrite()
			}()
			got, err := s.ReadN(tc.n, soon)
			if len(got) != len(tc.want) {
				t.Errorf("got %d bytes, want %d", len(got), len(tc.want))
			}
			if tc.err == nil && err != nil || tc.err != nil && err != tc.err { //nolint:errorlint // comes bare
				t.Errorf("error is %v, want %v", err, tc.err)
			}
		})
	}
}

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
