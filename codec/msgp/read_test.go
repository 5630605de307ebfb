package msgp

import (
	"encoding/hex"
	"errors"
	"math"
	"testing"
)

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestReadGivesBackWhatAppendWrote(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 255, 256, 65535, 65536, math.MaxUint32, 1 << 32, math.MaxUint64} {
		b := AppendUint(nil, v)
		if got, n, err := ReadUint(b); got != v || n != len(b) || err != nil {
			t.Errorf("uint %d: %d, %d, %v", v, got, n, err)
		}
	}
	for _, v := range []int64{0, 127, 128, -1, -32, -33, -128, -129, -32768, -32769, math.MinInt32, math.MinInt32 - 1,
		math.MinInt64, math.MaxInt64} {
		b := AppendInt(nil, v)
		if got, n, err := ReadInt(b); got != v || n != len(b) || err != nil {
			t.Errorf("int %d: %d, %d, %v", v, got, n, err)
		}
	}
	for _, size := range []int{0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536} {
		text := make([]byte, size)
		s := AppendStringBytes(nil, text)
		if got, n, err := ReadString(s); len(got) != size || cap(got) != size || n != len(s) || err != nil {
			t.Errorf("string of %d: %d, %d, %v", size, len(got), n, err)
		}
		b := AppendBin(nil, text)
		if got, n, err := ReadBin(b); len(got) != size || cap(got) != size || n != len(b) || err != nil {
			t.Errorf("bin of %d: %d, %d, %v", size, len(got), n, err)
		}
		a := append(AppendArrayHeader(nil, size), text...)
		if got, n, err := ReadArrayHeader(a); got != size || n != len(a)-size || err != nil {
			t.Errorf("array of %d: %d, %d, %v", size, got, n, err)
		}
		m := append(append(AppendMapHeader(nil, size), text...), text...)
		if got, n, err := ReadMapHeader(m); got != size || n != len(m)-2*size || err != nil {
			t.Errorf("map of %d: %d, %d, %v", size, got, n, err)
		}
		x := append(AppendExtHeader(nil, -7, size), text...)
		if typ, got, n, err := ReadExtHeader(x); typ != -7 || got != size || n != len(x)-size || err != nil {
			t.Errorf("ext of %d: %d, %d, %d, %v", size, typ, got, n, err)
		}
	}
}

// readers are all readers, reduced to size and error.
var readers = map[Kind]func([]byte) (int, error){
	KindNil:    ReadNil,
	KindBool:   func(b []byte) (int, error) { _, n, err := ReadBool(b); return n, err },
	KindUint:   func(b []byte) (int, error) { _, n, err := ReadUint(b); return n, err },
	KindInt:    func(b []byte) (int, error) { _, n, err := ReadInt(b); return n, err },
	KindFloat:  func(b []byte) (int, error) { _, n, err := ReadFloat64(b); return n, err },
	KindString: func(b []byte) (int, error) { _, n, err := ReadString(b); return n, err },
	KindBin:    func(b []byte) (int, error) { _, n, err := ReadBin(b); return n, err },
	KindArray:  func(b []byte) (int, error) { _, n, err := ReadArrayHeader(b); return n, err },
	KindMap:    func(b []byte) (int, error) { _, n, err := ReadMapHeader(b); return n, err },
	KindExt:    func(b []byte) (int, error) { _, _, n, err := ReadExtHeader(b); return n, err },
}

func TestReadersTellTruncatedFromWrong(t *testing.T) {
	for c := range 256 {
		whole := append([]byte{byte(c)}, make([]byte, 64)...) // lengths and counts are 0
		for kind, read := range readers {
			n, err := read(whole)
			mismatch := new(TypeError)
			switch got := KindOf(byte(c)); {
			case got == kind || kind == KindInt && got == KindUint:
				if err != nil || n == 0 {
					t.Errorf("%v of %#x: %d, %v", kind, c, n, err)
				}
				if n, err := read(whole[:n-1]); !errors.Is(err, ErrTruncated) || n != 0 {
					t.Errorf("%v of %#x, cut: %d, %v", kind, c, n, err)
				}
			case got == KindInvalid:
				if !errors.Is(err, ErrInvalid) {
					t.Errorf("%v of %#x: %v", kind, c, err)
				}
			case !errors.As(err, &mismatch) || mismatch.Want != kind || mismatch.Got != byte(c) || n != 0:
				t.Errorf("%v of %#x: %d, %v", kind, c, n, err)
			}
		}
	}
	for kind, read := range readers {
		if _, err := read(nil); !errors.Is(err, ErrTruncated) {
			t.Errorf("%v of nothing: %v", kind, err)
		}
	}
}

func TestCountsBeyondTheInputAreTruncated(t *testing.T) {
	for _, s := range []string{"92c0", "dc0003c0c0", "ddffffffffc0", "82c0c0c0", "de0002c0c0c0", "dfffffffff",
		"a3ffff", "d903ffff", "dbffffffff", "c6ffffffff", "c9ffffffff01", "c7", "c700", "d4", "d401", "d801"} {
		b := unhex(t, s)
		if n, err := Skip(b); !errors.Is(err, ErrTruncated) {
			t.Errorf("Skip %s: %d, %v", s, n, err)
		}
		if n, err := readers[KindOf(b[0])](b); !errors.Is(err, ErrTruncated) || n != 0 {
			t.Errorf("read %s: %d, %v", s, n, err)
		}
	}
}

func TestReadIntAboveRange(t *testing.T) {
	if _, n, err := ReadInt(AppendUint(nil, math.MaxInt64+1)); !errors.Is(err, ErrRange) || n != 9 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	inputs := [][]byte{{0xc1}, {0xc0}, {0x05}, {0xff}, {0x91, 1}, {0x81, 1, 2}, {0xa1, 'x'}, {0xc4, 1, 1}, {0xd4, 1, 1}, {}}
	allocs := testing.AllocsPerRun(100, func() {
		for _, b := range inputs {
			for _, read := range readers {
				read(b)
			}
			Skip(b)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestErrorTexts(t *testing.T) {
	_, _, err := ReadUint([]byte{0xa1, 'x'})
	if got, want := err.Error(), "msgp: want uint, got string (0xa1)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Kind(200).String(); got != "unknown" {
		t.Errorf("got %q", got)
	}
}
