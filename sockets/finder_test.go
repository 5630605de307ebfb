package sockets

import (
	"bytes"
	"strings"
	"testing"
)

// naiveEnd is findEnd as its contract reads.
func naiveEnd(b []byte, delims []string) int {
	for end := 1; end <= len(b); end++ {
		for _, d := range delims {
			if bytes.HasSuffix(b[:end], []byte(d)) {
				return end
			}
		}
	}
	return -1
}

func TestFindEnd(t *testing.T) {
	far := strings.Repeat("x", 3*firstWindow)
	for _, tc := range []struct {
		b      string
		from   int
		delims []string
		want   int
	}{
		{"", 0, []string{"\n"}, -1},
		{"ab\n", 0, []string{"\n"}, 3},
		{"ab\n", 2, []string{"\n"}, 3},
		{"aaab", 0, []string{"aab"}, 4},
		{"aaab", 3, []string{"aab"}, 4},
		{"abXYZ__", 0, []string{"abXYZ", "XY"}, 4},
		{"a\n\nb", 0, []string{"\n\n", "\n"}, 2},
		{far + "end" + far, 0, []string{"end", "never"}, len(far) + 3},
		{far + "end", len(far) + 2, []string{"never", "end"}, len(far) + 3},
	} {
		if got := findEnd([]byte(tc.b), tc.from, tc.delims); got != tc.want {
			t.Errorf("findEnd(%.20q, %d, %q) = %d, want %d", tc.b, tc.from, tc.delims, got, tc.want)
		}
	}
}

// FuzzFindEnd splits the input into pieces in every way the fuzzer thinks of:
// a search that is resumed must find what one search finds.
func FuzzFindEnd(f *testing.F) {
	f.Add([]byte("Hello\r\n\r\nworld\n\n"), "\n\n", "\r\n\r\n", uint8(3))
	f.Add([]byte("aaaab"), "aab", "ab", uint8(1))
	f.Add(bytes.Repeat([]byte("x"), 3*firstWindow), "xy", "\n", uint8(200))
	f.Fuzz(func(t *testing.T, b []byte, d1, d2 string, piece uint8) {
		delims := []string{d1, d2}
		if checkDelims(delims) != nil {
			t.Skip()
		}
		for len(b) > 0 {
			want := naiveEnd(b, delims)
			got, from := -1, 0
			for n := 0; got < 0 && n < len(b); {
				n = min(len(b), n+int(piece)+1)
				got = findEnd(b[:n], from, delims)
				from = n
			}
			if got != want {
				t.Fatalf("end of %q in %q is %d, want %d", delims, b, got, want)
			}
			if got < 0 {
				return
			}
			b = b[got:]
		}
	})
}
