package sockets

import (
	"context"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// short is a timeout that is meant to pass.
const short = 50 * time.Millisecond

// onPair is a case about both ends of a connection.
func onPair(f func(t *caseT, c, s *Socket)) func(t *caseT) {
	return func(t *caseT) {
		c, s := t.pair()
		f(t, c, s)
	}
}

// readOpts is ReadOpts without the number of the delimiter.
func readOpts(s *Socket, o ReadOptions) ([]byte, error) {
	data, _, err := s.ReadOpts(o)
	return data, err
}

// within is the read of {chunk = n, delimiter = d}.
func within(s *Socket, n int, delims ...string) ([]byte, error) {
	return readOpts(s, ReadOptions{Limit: AtMost(n), Delims: delims, Timeout: soon})
}

var readCases = []conformance{
	{name: "C022 ReadN of nothing is nothing at once", run: onPair(func(t *caseT, _, s *Socket) {
		got, err := s.ReadN(0, Forever)
		if got == nil {
			t.Error("the result is nil, want an empty slice")
		}
		wantBytes(t, "", nil)(got, err)
	})},
	{name: "C023 without waiting there is nothing", run: onPair(func(t *caseT, _, s *Socket) {
		for _, timeout := range []time.Duration{0, NoWait, -5 * time.Second} {
			begin := time.Now()
			_, err := s.ReadN(1, timeout)
			wantTimeout(t, err)
			wantElapsed(t, begin, 0)
		}
	})},
	{name: "C024 a timeout passes", run: onPair(func(t *caseT, _, s *Socket) {
		begin := time.Now()
		_, err := s.ReadN(1, short)
		wantTimeout(t, err)
		wantElapsed(t, begin, short)
	})},
	{name: "C025 what came before a timeout stays", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "abc")
		got, err := s.ReadN(5, short)
		wantTimeout(t, err)
		if got != nil || s.Buffered() != 3 {
			t.Errorf("got %q, buffered %d, want nothing and 3", got, s.Buffered())
		}
		send(t, c, "de")
		wantBytes(t, "abcde", nil)(s.ReadN(5, soon))
	})},
	{name: "C026 what waits in the kernel is read without waiting", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "abcd")
		t.arrived(s, 4)
		wantBytes(t, "abcd", nil)(s.ReadN(4, 0))
	})},
	{name: "C027 what waits in the kernel is read with a timeout that is over", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "abcd")
		t.arrived(s, 4)
		wantBytes(t, "abcd", nil)(s.ReadN(4, -1))
	})},
	{name: "C028 a timeout is for the whole call", run: onPair(func(t *caseT, c, s *Socket) {
		wait := t.spawn(func(t *caseT) {
			for range 20 {
				t.sleep(short / 5)
				_, _ = c.WithContext(t.ctx).Write([]byte("x"))
			}
		})
		begin := time.Now()
		_, err := s.ReadN(1000, 2*short)
		wantTimeout(t, err)
		wantElapsed(t, begin, 2*short)
		wait()
	})},
	{name: "C029 a delimiter ends the line", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "hello world\nrest")
		wantBytes(t, "hello world\n", nil)(s.ReadUntil(soon, "\n"))
		wantBytes(t, "rest", nil)(s.ReadN(4, 0))
	})},
	{name: "C030 a delimiter comes in pieces", run: onPair(func(t *caseT, c, s *Socket) {
		wait := t.spawn(func(t *caseT) {
			c := c.WithContext(t.ctx)
			for _, part := range []string{"head\r", "\n\r", "\nbody"} {
				send(t, c, part)
				t.sleep(30 * time.Millisecond)
			}
		})
		wantBytes(t, "head\r\n\r\n", nil)(s.ReadUntil(soon, "\r\n\r\n"))
		wantBytes(t, "body", nil)(s.ReadN(4, soon))
		wait()
	})},
	{name: "C031 one of several delimiters", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "Hello\r\n\r\nworld\n\n")
		wantBytes(t, "Hello\r\n\r\n", nil)(s.ReadUntil(soon, "\n\n", "\r\n\r\n"))
	})},
	{name: "C032 the delimiter whose end comes first wins, wherever it begins", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "abXYZ__")
		data, which, err := s.ReadOpts(ReadOptions{Delims: []string{"abXYZ", "XY"}})
		wantBytes(t, "abXY", nil)(data, err)
		if which != 1 {
			t.Errorf("delimiter %d", which)
		}
	})},
	{name: "C033 the delimiter that ends first wins", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "a\n\nb")
		wantBytes(t, "a\n", nil)(s.ReadUntil(soon, "\n\n", "\n"))
		wantBytes(t, "\n", nil)(s.ReadUntil(soon, "\n\n", "\n"))
	})},
	{name: "C034 delimiters overlap with themselves", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "aaab")
		wantBytes(t, "aaab", nil)(s.ReadUntil(soon, "aab"))
	})},
	{name: "C035 a delimiter may be a NUL", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "a\x00b\x00")
		wantBytes(t, "a\x00", nil)(s.ReadUntil(soon, "\x00"))
		wantBytes(t, "b\x00", nil)(s.ReadUntil(soon, "\x00"))
	})},
	{name: "C036 limit and delimiter, until a body is read", run: onPair(func(t *caseT, c, s *Socket) {
		const body = "a 10\nb 15\nabc"
		send(t, c, body)
		left := len(body)
		for _, want := range []string{"a 10\n", "b 15\n", "abc", "", ""} {
			got, err := within(s, left, "\n")
			wantBytes(t, want, nil)(got, err)
			left -= len(got)
		}
	})},
	{name: "C037 a limit cuts before the delimiter", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "12345\n")
		wantBytes(t, "12345", nil)(within(s, 5, "\n"))
		wantBytes(t, "\n", nil)(within(s, 5, "\n"))
	})},
	{name: "C038 a delimiter ends at the limit", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "1234\n")
		wantBytes(t, "1234\n", nil)(within(s, 5, "\n"))
	})},
	{name: "C039 a strict limit fails and keeps the bytes", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "12345\n")
		got, err := readOpts(s, ReadOptions{Limit: AtMost(5), Delims: []string{"\n"}, Strict: true})
		wantBytes(t, "", ErrLimit)(got, err)
		wantBytes(t, "12345", nil)(readOpts(s, ReadOptions{Delims: []string{"\n"}, Trim: true}))
	})},
	{name: "C040 a limit cuts within the delimiter", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "foobar")
		wantBytes(t, "foo", nil)(within(s, 3, "bar"))
		wantBytes(t, "ba", nil)(within(s, 2, "bar"))
	})},
	{name: "C041 a delimiter may be any text", run: onPair(func(t *caseT, c, s *Socket) {
		for _, part := range []string{"Hello", ", world", `\nnew line`} {
			send(t, c, part)
		}
		wantBytes(t, `Hello, world\n`, nil)(s.ReadUntil(soon, `\n`))
		wantBytes(t, "n", nil)(within(s, 1, "ine"))
		wantBytes(t, "ew line", nil)(s.ReadUntil(soon, "ine"))
		_, err := s.ReadUntil(short, "ine")
		wantTimeout(t, err)
	})},
	{name: "C042 the end hands over the rest once", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "tail-no-delim")
		t.must(c.CloseWrite())
		wantBytes(t, "tail-no-delim", io.ErrUnexpectedEOF)(s.ReadUntil(soon, "\n"))
		wantBytes(t, "", io.EOF)(s.ReadUntil(soon, "\n"))
	})},
	{name: "C043 the end stays the end", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "ok!")
		t.must(c.Close())
		wantBytes(t, "ok!", nil)(s.ReadUntil(soon, "!"))
		wantBytes(t, "", io.EOF)(s.ReadUntil(soon, "!"))
		wantBytes(t, "", io.EOF)(s.ReadN(1, soon))
		if n, err := s.SysRead(make([]byte, 1)); n != 0 || !isEOF(err) || s.Errno() != 0 {
			t.Errorf("SysRead: %d, %v, Errno %v", n, err, s.Errno())
		}
	})},
	{name: "C044 the end comes before the count", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "Hello, world")
		t.must(c.Close())
		wantBytes(t, "Hello, world", io.ErrUnexpectedEOF)(s.ReadN(123, soon))
	})},
	{name: "C045 the end comes before limit and delimiter", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "ab")
		t.must(c.CloseWrite())
		wantBytes(t, "ab", io.ErrUnexpectedEOF)(within(s, 3, "\n"))
	})},
	{name: "C046 long reads", run: func(t *caseT) {
		text := strings.Repeat("abc", 65535)
		for _, tc := range []struct {
			n    int
			want string
			err  error
		}{
			{len(text), text, nil},
			{len(text) + 1, text, io.ErrUnexpectedEOF},
			{len(text) - 1, text[:len(text)-1], nil},
		} {
			c, s := t.pair()
			wait := t.spawn(func(t *caseT) {
				c := c.WithContext(t.ctx)
				send(t, c, text)
				_ = c.CloseWrite()
			})
			got, err := s.ReadN(tc.n, soon)
			if string(got) != tc.want || err != tc.err { //nolint:errorlint // comes bare
				t.Errorf("ReadN(%d): %d bytes, %v", tc.n, len(got), err)
			}
			wait()
		}
	}},
	{name: "C047 without limit and delimiter it reads to the end", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "all there is")
		t.must(c.CloseWrite())
		wantBytes(t, "all there is", nil)(readOpts(s, ReadOptions{}))
		wantBytes(t, "", io.EOF)(readOpts(s, ReadOptions{}))
	})},
	{name: "C048 a negative limit is refused", run: onPair(func(t *caseT, _, s *Socket) {
		_, err := s.ReadN(-1, Forever)
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
		_, err = within(s, -1, "\n")
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
	})},
	{name: "C049 an empty delimiter is refused", run: onPair(func(t *caseT, _, s *Socket) {
		for _, delims := range [][]string{{""}, {"\n", ""}, {}} {
			_, err := s.ReadUntil(Forever, delims...)
			wantIs(t, err, ErrInvalid, syscall.EINVAL)
		}
		_, err := within(s, 5, "")
		wantIs(t, err, ErrInvalid, syscall.EINVAL)
	})},
	{name: "C050 datagrams are no stream", run: func(t *caseT) {
		a, _, _ := t.packets()
		_, err := a.ReadN(5, Forever)
		wantIs(t, err, ErrInvalid)
		_, err = a.ReadUntil(Forever, "\n")
		wantIs(t, err, ErrInvalid)
	}},
	{name: "C051 a reset is no end", run: onPair(func(t *caseT, c, s *Socket) {
		t.must(c.SetLinger(true, 0))
		t.must(c.Close())
		_, err := s.ReadN(1, soon)
		wantIs(t, err, syscall.ECONNRESET)
		if got, err := s.ReadN(1, soon); len(got) > 0 || !isAny(err, io.EOF, syscall.ECONNRESET) {
			t.Errorf("after the reset: %q, %v", got, err)
		}
	})},
	{name: "C052 a reset hands over the rest", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "ab")
		wantBytes(t, "ab", nil)(s.Peek(2, soon))
		t.must(c.SetLinger(true, 0))
		t.must(c.Close())
		wantBytes(t, "ab", syscall.ECONNRESET)(s.ReadUntil(soon, "\n"))
		if s.Errno() != syscall.ECONNRESET {
			t.Errorf("Errno %v", s.Errno())
		}
	})},
	{name: "C053 reading an unconnected socket", run: func(t *caseT) {
		_, err := t.make(FamilyInet, Stream).ReadN(1, soon)
		wantIs(t, err, syscall.ENOTCONN)
	}},
	{name: "C054 Read takes from the buffer first", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "line\nrest")
		wantBytes(t, "line\n", nil)(s.ReadUntil(soon, "\n"))
		p := make([]byte, 10)
		n, err := s.Read(p)
		wantBytes(t, "rest", nil)(p[:n], err)
		if n, err := s.Read(nil); n != 0 || err != nil {
			t.Errorf("Read(nil): %d, %v", n, err)
		}
	})},
	{name: "C055 a context's deadline is a timeout", run: onPair(func(t *caseT, c, s *Socket) {
		ctx, cancel := context.WithTimeout(t.ctx, short)
		defer cancel()
		send(t, c, "abc")
		_, err := s.WithContext(ctx).ReadN(5, Forever)
		wantTimeout(t, err)
		wantIs(t, err, context.DeadlineExceeded, os.ErrDeadlineExceeded)
		if s.Buffered() != 3 {
			t.Errorf("buffered %d, want 3", s.Buffered())
		}
	})},
	{name: "C056 bytes in the buffer are readable", run: onPair(func(t *caseT, c, s *Socket) {
		send(t, c, "line\nrest")
		wantBytes(t, "line\n", nil)(s.ReadUntil(soon, "\n"))
		wantReady(t, true)(s.Readable(0))
	})},
}
