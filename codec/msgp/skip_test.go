package msgp

import (
	"bytes"
	"errors"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// values are one of each form, nested and not.
var values = []string{
	"c0", "c2", "c3", "00", "7f", "ccff", "cdffff", "ceffffffff", "cfffffffffffffffff",
	"ff", "e0", "d080", "d18000", "d280000000", "d38000000000000000",
	"ca3fc00000", "cb3ff8000000000000", "a0", "a3616263", "d903616263", "da0003616263", "db00000003616263",
	"c400", "c403616263", "c50003616263", "c600000003616263",
	"d40401", "d5040102", "d60401020304", "d7040102030405060708", "d80401020304050607080102030405060708",
	"c70304010203", "c8000304010203", "c90000000304010203", "c70004",
	"90", "93010203", "dc0003010203", "dd00000003010203", "80", "8201020304", "de000201020304", "df0000000201020304",
	"9192939101c0c081a090",
	// decimal, uuid, datetime, interval, tuple as Tarantool sends them
	"d501f61c", "d802f6423bdfb49e4913b3610740c9702e4b", "d7040100000000000000", "c705060200010801", "c70507219201a161",
	// the body of an error
	"8231a46e616d65528100918600ab4c75616a69744572726f7202cd02e101a16603a36e696c04000520", "dd000000019181a161d9026262",
}

func TestSkipEveryForm(t *testing.T) {
	for _, s := range values {
		b := unhex(t, s)
		if n, err := Skip(b); n != len(b) || err != nil {
			t.Errorf("%s: %d, %v", s, n, err)
		}
		if n, err := Skip(append(b, 0xc1)); n != len(b) || err != nil {
			t.Errorf("%s and more: %d, %v", s, n, err)
		}
		for cut := range b {
			if _, err := Skip(b[:cut]); !errors.Is(err, ErrTruncated) {
				t.Errorf("%s cut to %d: %v", s, cut, err)
			}
		}
	}
}

func TestSkipTellsWhereTheFaultIs(t *testing.T) {
	for _, tt := range []struct {
		hex string
		n   int
		err error
	}{
		{"c1", 0, ErrInvalid}, {"9201c1", 2, ErrInvalid}, {"8101a2c1", 4, ErrTruncated}, {"", 0, ErrTruncated},
	} {
		if n, err := Skip(unhex(t, tt.hex)); n != tt.n || !errors.Is(err, tt.err) {
			t.Errorf("%s: %d, %v", tt.hex, n, err)
		}
	}
}

func TestSkipTakesAnyDepth(t *testing.T) {
	deep := append(bytes.Repeat([]byte{0x91}, 10<<20), 0xc0)
	if n, err := Skip(deep); n != len(deep) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := Skip(deep[:len(deep)-1]); !errors.Is(err, ErrTruncated) {
		t.Errorf("%d, %v", n, err)
	}
}

func TestValueRefusesDepth(t *testing.T) {
	nest := func(depth int) []byte { return append(bytes.Repeat([]byte{0x91}, depth), 0xc0) }
	if _, n, err := Value(nest(MaxDepth)); n != MaxDepth+1 || err != nil {
		t.Errorf("at the limit: %d, %v", n, err)
	}
	if _, _, err := Value(nest(MaxDepth + 1)); !errors.Is(err, ErrDepth) {
		t.Errorf("above: %v", err)
	}
	if _, err := DecodeValue(nest(10<<20), new([]any)); !errors.Is(err, ErrDepth) {
		t.Errorf("far above: %v", err)
	}
	wide := AppendArrayHeader(nil, 5000) // depth is not the number of containers
	wide = append(wide, bytes.Repeat([]byte{0x91, 0x81, 0, 0x90}, 5000)...)
	if _, n, err := Value(wide); n != len(wide) || err != nil {
		t.Errorf("wide: %d, %v", n, err)
	}
}

func FuzzSkip(f *testing.F) {
	for _, s := range values {
		f.Add(unhex(f, s))
	}
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff, 0xdf, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Skip(b)
		if n > len(b) || err == nil && n == 0 {
			t.Fatalf("%d of %d, %v", n, len(b), err)
		}
		// Another implementation agrees on what is right. (On what is wrong it takes its time.)
		if r := bytes.NewReader(b); err == nil && len(b) < 10000 {
			if err := msgpack.NewDecoder(r).Skip(); err != nil || n != len(b)-r.Len() {
				t.Fatalf("%x: %d; msgpack/v5: %d, %v", b, n, len(b)-r.Len(), err)
			}
		}
	})
}

func BenchmarkSkip(b *testing.B) {
	record, err := AppendValue(nil, []any{1, "two", map[string]any{"k": []int{1, 2, 3}, "text": "some longer text, of forty characters"}, nil, 1.5})
	if err != nil {
		b.Fatal(err)
	}
	args := []byte{0x93, 1, 2, 0xa3, 'a', 'b', 'c'}
	for name, data := range map[string][]byte{"args": args, "record": record} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := Skip(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
