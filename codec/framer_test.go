package codec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// stream is a test of a framer: an input, and what has to come of it however the input arrives.
type stream struct {
	name   string
	framer func() Framer
	input  string
	tokens []string
	err    error // how the stream ends: nil for a clean end
}

func must[F Framer](f F, err error) Framer {
	if err != nil {
		panic(err)
	}
	return f
}

func line(o LineOptions) func() Framer { return func() Framer { return must(NewLine(o)) } }

func delimiter(o DelimiterOptions) func() Framer {
	return func() Framer { return must(NewDelimiter(o)) }
}

func prefixed(o LengthPrefixedOptions) func() Framer {
	return func() Framer { return must(NewLengthPrefixed(o)) }
}

func fixed(o FixedOptions) func() Framer { return func() Framer { return must(NewFixed(o)) } }

func varint(o VarintOptions) func() Framer { return func() Framer { return must(NewVarint(o)) } }

var any3 = []string{"\r\n\r\n", "\n\n", "END"}

var streams = []stream{
	{"empty input", line(LineOptions{}), "", nil, nil},
	{"one line", line(LineOptions{}), "a\n", []string{"a"}, nil},
	{"lines of all kinds", line(LineOptions{}), "a\r\n\n\r\nb\rc\nlast", []string{"a", "", "", "b\rc", "last"}, nil},
	{"CR stays", line(LineOptions{End: TrimLF}), "a\r\n\nb", []string{"a\r", "", "b"}, nil},
	{"whole lines", line(LineOptions{End: KeepEnd}), "a\r\n\nb", []string{"a\r\n", "\n", "b"}, nil},
	{"strict lines", line(LineOptions{Strict: true}), "a\nb", []string{"a"}, io.ErrUnexpectedEOF},
	{"line at the limit", line(LineOptions{Limit: 3}), "abc\ndef", []string{"abc", "def"}, nil},
	{"line above the limit", line(LineOptions{Limit: 3}), "abc\nabcd\n", []string{"abc"}, ErrTooLong},
	{"last line above the limit", line(LineOptions{Limit: 3}), "abc\nabcd", []string{"abc"}, ErrTooLong},
	{"long line without limit", line(LineOptions{Limit: NoLimit}), strings.Repeat("x", 3000) + "\n", []string{strings.Repeat("x", 3000)}, nil},
	{"NUL as delimiter", delimiter(DelimiterOptions{Delimiters: []string{"\x00"}}), "a\x00b\x00", []string{"a", "b"}, nil},
	{"overlap", delimiter(DelimiterOptions{Delimiters: []string{"aab"}}), "aaabaab", []string{"a", ""}, nil},
	{"any of three", delimiter(DelimiterOptions{Delimiters: any3}), "a\r\n\r\nb\n\nc\nENDd", []string{"a", "b", "c\n", "d"}, nil},
	{"any of three, kept", delimiter(DelimiterOptions{Delimiters: any3, KeepDelimiter: true}), "a\r\n\r\n\n\nEND", []string{"a\r\n\r\n", "\n\n", "END"}, nil},
	{"earliest end wins", delimiter(DelimiterOptions{Delimiters: []string{"abXYZ", "XY"}}), "abXYZ__", []string{"ab", "Z__"}, nil},
	{"longest of equal ends", delimiter(DelimiterOptions{Delimiters: []string{"\n", "\r\n"}}), "a\r\nb\n", []string{"a", "b"}, nil},
	{"delimiters at the limit", delimiter(DelimiterOptions{Delimiters: any3, Limit: 2}), "abENDcd\r\n\r\nefg\n\n", []string{"ab", "cd"}, ErrTooLong},
	{"strict delimiters", delimiter(DelimiterOptions{Delimiters: any3, Strict: true}), "aENDb\r\n\r", []string{"a"}, io.ErrUnexpectedEOF},
	{"default delimiter", delimiter(DelimiterOptions{}), "a\r\nb", []string{"a\r", "b"}, nil},
	{"length of 4", prefixed(LengthPrefixedOptions{}), "\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x01c", []string{"ab", "", "c"}, nil},
	{"length of 1", prefixed(LengthPrefixedOptions{Width: 1}), "\x02ab\x00\x01c", []string{"ab", "", "c"}, nil},
	{"length of 2, little", prefixed(LengthPrefixedOptions{Width: 2, Order: binary.LittleEndian}), "\x02\x00ab", []string{"ab"}, nil},
	{"length of 8, big", prefixed(LengthPrefixedOptions{Width: 8, Order: binary.BigEndian}), "\x00\x00\x00\x00\x00\x00\x00\x02ab", []string{"ab"}, nil},
	{"length is kept", prefixed(LengthPrefixedOptions{Width: 1, KeepPrefix: true}), "\x02ab\x00", []string{"\x02ab", "\x00"}, nil},
	{"length counts itself", prefixed(LengthPrefixedOptions{Width: 2, CountsPrefix: true}), "\x00\x04ab\x00\x02", []string{"ab", ""}, nil},
	{"length below itself", prefixed(LengthPrefixedOptions{Width: 2, CountsPrefix: true}), "\x00\x03a\x00\x01", []string{"a"}, ErrLength},
	{"length is adjusted", prefixed(LengthPrefixedOptions{Width: 1, Adjust: 2}), "\x00ab\x01cde", []string{"ab", "cde"}, nil},
	{"payload at the limit", prefixed(LengthPrefixedOptions{Width: 1, Limit: 2}), "\x02ab\x03abc", []string{"ab"}, ErrTooLong},
	{"length of 8 beyond int64", prefixed(LengthPrefixedOptions{Width: 8, Limit: NoLimit}), "\xff\xff\xff\xff\xff\xff\xff\xff", nil, ErrTooLong},
	{"adjusted beyond int64", prefixed(LengthPrefixedOptions{Width: 8, Adjust: 5, Limit: NoLimit}), "\x7f\xff\xff\xff\xff\xff\xff\xfe", nil, ErrTooLong},
	{"length is cut", prefixed(LengthPrefixedOptions{}), "\x00\x00\x00\x01a\x00\x00", []string{"a"}, io.ErrUnexpectedEOF},
	{"fixed", fixed(FixedOptions{Size: 3}), "abcdef", []string{"abc", "def"}, nil},
	{"fixed, one byte", fixed(FixedOptions{Size: 1}), "abc", []string{"a", "b", "c"}, nil},
	{"fixed, nothing", fixed(FixedOptions{Size: 3}), "", nil, nil},
	{"fixed, cut", fixed(FixedOptions{Size: 3}), "abcde", []string{"abc"}, io.ErrUnexpectedEOF},
	{"fixed, lenient", fixed(FixedOptions{Size: 3, Lenient: true}), "abcde", []string{"abc", "de"}, nil},
	{"fixed, lenient and even", fixed(FixedOptions{Size: 3, Lenient: true}), "abc", []string{"abc"}, nil},
	{"varint", varint(VarintOptions{}), "\x02ab\x00\x01c", []string{"ab", "", "c"}, nil},
	{"varint is kept", varint(VarintOptions{KeepPrefix: true}), "\x02ab\x00", []string{"\x02ab", "\x00"}, nil},
	{"varint of two bytes", varint(VarintOptions{}), "\x80\x01" + strings.Repeat("x", 128) + "\x00", []string{strings.Repeat("x", 128), ""}, nil},
	{"varint longer than it need be", varint(VarintOptions{}), "\x82\x80\x00ab", []string{"ab"}, nil},
	{"varint at the limit", varint(VarintOptions{Limit: 2}), "\x02ab\x03abc", []string{"ab"}, ErrTooLong},
	{"varint above the limit", varint(VarintOptions{}), "\x01a\x81\x80\x40", []string{"a"}, ErrTooLong},
	{"varint beyond int", varint(VarintOptions{Limit: NoLimit}), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", nil, ErrTooLong},
	{"varint of 65 bits", varint(VarintOptions{Limit: NoLimit}), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", nil, ErrLength},
	{"varint without end", varint(VarintOptions{Limit: NoLimit}), strings.Repeat("\x80", 11), nil, ErrLength},
	{"varint is cut", varint(VarintOptions{}), "\x01a\x80", []string{"a"}, io.ErrUnexpectedEOF},
	{"payload of a varint is cut", varint(VarintOptions{}), "\x01a\x02a", []string{"a"}, io.ErrUnexpectedEOF},
	{"payload is cut", prefixed(LengthPrefixedOptions{Width: 1}), "\x01a\x02a", []string{"a"}, io.ErrUnexpectedEOF},
}

// run feeds the pieces to the framer as a loop with a buffer does.
func run(f Framer, pieces ...string) (tokens []string, err error) {
	var buf []byte
	for i := 0; i <= len(pieces); i++ {
		atEOF := i == len(pieces)
		if !atEOF {
			buf = append(buf, pieces[i]...)
		}
		for {
			advance, token, err := f.Frame(buf, atEOF)
			if err != nil {
				if advance != 0 || token != nil {
					return tokens, fmt.Errorf("advance %d, token %q with error %w", advance, token, err)
				}
				return tokens, err
			}
			if token == nil {
				break
			}
			if cap(token) != len(token) {
				return tokens, fmt.Errorf("token %q has room to append", token)
			}
			tokens = append(tokens, string(token))
			buf = buf[advance:]
		}
	}
	return tokens, nil
}

func (s *stream) check(t *testing.T, how string, tokens []string, err error) {
	t.Helper()
	if fmt.Sprintf("%q", tokens) != fmt.Sprintf("%q", s.tokens) || !errors.Is(err, s.err) || (err == nil) != (s.err == nil) {
		t.Errorf("%s: got %.100q, %v, want %.100q, %v", how, tokens, err, s.tokens, s.err)
	}
	var frame *FrameError
	if err != nil && !errors.As(err, &frame) {
		t.Errorf("%s: error is a %T", how, err)
	}
}

func TestFramersDoNotDependOnPieces(t *testing.T) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			tokens, err := run(s.framer(), s.input)
			s.check(t, "whole", tokens, err)
			tokens, err = run(s.framer(), strings.Split(s.input, "")...)
			s.check(t, "byte by byte", tokens, err)
			for i := 0; i <= len(s.input) && len(s.input) < 1000; i++ {
				tokens, err = run(s.framer(), s.input[:i], s.input[i:])
				s.check(t, fmt.Sprintf("split at %d", i), tokens, err)
			}
		})
	}
}

func TestFramersServeScanners(t *testing.T) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"whole":        strings.NewReader(s.input),
				"byte by byte": iotest.OneByteReader(strings.NewReader(s.input)),
				"halves":       iotest.HalfReader(strings.NewReader(s.input)),
			} {
				var tokens []string
				scanner := bufio.NewScanner(r)
				scanner.Split(s.framer().Frame)
				for scanner.Scan() {
					tokens = append(tokens, scanner.Text())
				}
				s.check(t, how, tokens, scanner.Err())
			}
		})
	}
}

func TestTruncatedInputIsNoErrorBeforeEOF(t *testing.T) {
	for _, s := range streams {
		if s.err != nil {
			continue
		}
		for cut := range s.input {
			f := s.framer()
			rest := []byte(s.input[:cut])
			for {
				advance, token, err := f.Frame(rest, false)
				if err != nil {
					t.Errorf("%s, cut to %d: %v", s.name, cut, err)
				}
				if token == nil {
					break
				}
				rest = rest[advance:]
			}
		}
	}
}

func TestLimitsHoldBeforeTheFrameIsThere(t *testing.T) {
	f := must(NewLengthPrefixed(LengthPrefixedOptions{}))
	if _, _, err := f.Frame([]byte{0, 0x10, 0, 1}, false); !errors.Is(err, ErrTooLong) {
		t.Errorf("length: %v", err)
	}
	v := must(NewVarint(VarintOptions{}))
	if _, _, err := v.Frame([]byte{0x81, 0x80, 0x40}, false); !errors.Is(err, ErrTooLong) {
		t.Errorf("varint: %v", err)
	}
	f = must(NewLine(LineOptions{Limit: 10}))
	if _, _, err := f.Frame(bytes.Repeat([]byte("x"), 11), false); !errors.Is(err, ErrTooLong) {
		t.Errorf("line: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, err := range map[string]error{
		"line end":        second(NewLine(LineOptions{End: 3})),
		"line limit":      second(NewLine(LineOptions{Limit: -2})),
		"empty delimiter": second(NewDelimiter(DelimiterOptions{Delimiters: []string{"a", ""}})),
		"limit":           second(NewDelimiter(DelimiterOptions{Limit: -2})),
		"no delimiter":    second(NewFinder()),
		"width":           second(NewLengthPrefixed(LengthPrefixedOptions{Width: 3})),
		"order":           second(NewLengthPrefixed(LengthPrefixedOptions{Order: binary.NativeEndian})),
		"adjustment":      second(NewLengthPrefixed(LengthPrefixedOptions{Adjust: 1<<20 + 1})),
		"fixed size":      second(NewFixed(FixedOptions{})),
		"fixed limit":     second(NewFixed(FixedOptions{Size: 1, Limit: -2})),
		"fixed too large": second(NewFixed(FixedOptions{Size: DefaultLimit + 1})),
		"varint limit":    second(NewVarint(VarintOptions{Limit: -2})),
		"prefix limit":    second(NewLengthPrefixed(LengthPrefixedOptions{Limit: -2})),
	} {
		if !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestFramersDoNotAllocate(t *testing.T) {
	for name, f := range map[string]Framer{
		"line":      must(NewLine(LineOptions{})),
		"delimiter": must(NewDelimiter(DelimiterOptions{Delimiters: any3})),
		"prefixed":  must(NewLengthPrefixed(LengthPrefixedOptions{Width: 1})),
		"fixed":     must(NewFixed(FixedOptions{Size: 10})),
		"varint":    must(NewVarint(VarintOptions{})),
	} {
		data := []byte("\x09some text\nand more\n\n")
		if n := testing.AllocsPerRun(100, func() {
			f.Frame(data[:5], false)
			f.Frame(data, false)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func Example() {
	f, err := NewDelimiter(DelimiterOptions{Delimiters: []string{"\r\n", ";"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	words := bufio.NewScanner(strings.NewReader("get a;get b\r\nquit\r\n"))
	words.Split(f.Frame)
	for words.Scan() {
		fmt.Println(words.Text())
	}
	// Output:
	// get a
	// get b
	// quit
}
