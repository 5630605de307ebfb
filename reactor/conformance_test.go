//go:build unix

package reactor_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestEchoConforms(t *testing.T) {
	for _, size := range []int{0, 1, 100, 3000} {
		p := random(size)
		reactortest.TestHandler(t, echo, reactortest.Case{Name: fmt.Sprint(size), Input: p, Output: append([]byte{}, p...)})
	}
}

// framed is a handler that cuts a stream into frames and answers each with its
// number, its length and its checksum. At the end of the input it answers the last.
type framed struct {
	framer codec.Framer
	n      int
}

func (f *framed) OnData(c *reactor.Conn, p []byte) int { return f.cut(c, p, false) }
func (f *framed) OnClose(*reactor.Conn, error)         {}

func (f *framed) OnEOF(c *reactor.Conn, rest []byte) {
	f.cut(c, rest, true)
	_ = c.Close()
}

func (f *framed) cut(c *reactor.Conn, p []byte, atEOF bool) (n int) {
	for {
		advance, token, err := f.framer.Frame(p[n:], atEOF)
		switch {
		case err != nil:
			_, _ = fmt.Fprintf(c, "error after frame %d\n", f.n)
			_ = c.Close()
			return len(p)
		case token == nil:
			return n
		}
		f.n++
		_, _ = fmt.Fprintf(c, "%d: %d %08x\n", f.n, len(token), crc32.ChecksumIEEE(token))
		if n += advance; n == len(p) {
			return n
		}
	}
}

func TestFramersConform(t *testing.T) {
	prefixed := func(sizes ...int) (p []byte) {
		for _, n := range sizes {
			p = append(binary.BigEndian.AppendUint32(p, uint32(n)), random(n)...)
		}
		return p
	}
	text := []byte("one\r\ntwo\n\nthree;;four\nthe rest")
	for _, tt := range []struct {
		name string
		make func() (codec.Framer, error)
		in   []byte
		ends bool
	}{
		{"lines", func() (codec.Framer, error) { return codec.NewLine(codec.LineOptions{}) }, text, false},
		{"strict lines", func() (codec.Framer, error) { return codec.NewLine(codec.LineOptions{Strict: true}) }, text, false},
		{"a long line", func() (codec.Framer, error) { return codec.NewLine(codec.LineOptions{Limit: 10}) },
			[]byte("short\nlonger than ten bytes\nnever seen\n"), true},
		{"delimiters", func() (codec.Framer, error) {
			return codec.NewDelimiter(codec.DelimiterOptions{Delimiters: []string{"\r\n", ";;", "\n\n"}})
		}, text, false},
		{"lengths", func() (codec.Framer, error) { return codec.NewLengthPrefixed(codec.LengthPrefixedOptions{}) },
			prefixed(0, 1, 7, 300, 0, 20), false},
		{"a large frame", func() (codec.Framer, error) { return codec.NewLengthPrefixed(codec.LengthPrefixedOptions{}) },
			prefixed(3, 40_000), false},
		{"a length beyond the limit", func() (codec.Framer, error) {
			return codec.NewLengthPrefixed(codec.LengthPrefixedOptions{Limit: 10})
		}, bytes.Join([][]byte{prefixed(10), prefixed(11)}, nil), true},
	} {
		reactortest.TestHandler(t, func(*reactor.Conn) reactor.Handler {
			f, err := tt.make()
			if err != nil {
				t.Fatal(err)
			}
			return &framed{framer: f}
		}, reactortest.Case{Name: tt.name, Input: tt.in, Ends: tt.ends})
	}
}
