package codec

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// naiveFind is what Find means: the end that comes first, of equal ends the longest delimiter, of equal ones the
// first.
func naiveFind(p []byte, delims []string) (end, which int, ok bool) {
	for end := 1; end <= len(p); end++ {
		best := -1
		for i, d := range delims {
			if bytes.HasSuffix(p[:end], []byte(d)) && (best < 0 || len(d) > len(delims[best])) {
				best = i
			}
		}
		if best >= 0 {
			return end, best, true
		}
	}
	return 0, 0, false
}

// findInPieces searches a buffer that grows by step bytes at a time.
func findInPieces(f *Finder, p []byte, step int) (end, which int, ok bool) {
	from := 0
	for n := 0; ; n += step {
		n = min(n, len(p))
		if end, which, ok = f.Find(p[:n], from); ok || n == len(p) {
			return end, which, ok
		}
		from = n
	}
}

func checkFinder(t *testing.T, p []byte, delims ...string) {
	t.Helper()
	f, err := NewFinder(delims...)
	if err != nil {
		t.Fatal(err)
	}
	end, which, ok := naiveFind(p, delims)
	for _, step := range []int{1, 2, 3, 7, 300, len(p) + 1} {
		gotEnd, gotWhich, gotOK := findInPieces(f, p, step)
		if gotOK != ok || ok && (gotEnd != end || gotWhich != which) {
			t.Fatalf("%q in %.200q by %d: got %d, %d, %v, want %d, %d, %v",
				delims, p, step, gotEnd, gotWhich, gotOK, end, which, ok)
		}
	}
}

func TestFinderAgreesWithTheModel(t *testing.T) {
	far := strings.Repeat("x", 1000)
	for _, tt := range [][]string{
		{"", "\n"}, {"a\nb", "\n"}, {"abc", "\n"}, {"aaab", "aab"}, {"a\n\nb", "\n\n", "\n"},
		{"abXYZ__", "abXYZ", "XY"}, {"a\r\nb", "\n", "\r\n"}, {"a\r\nb", "\r\n", "\n"}, {"aXY", "XY", "XY"},
		{"Hello\r\n\r\nworld\n\n", "\n\n", "\r\n\r\n"}, {far + "\n" + far + "END", "END", "\n"},
		{far + "EN" + far + "END", "END", "\n"}, {far[:255] + "END", "END", "\n"}, {far[:254] + "END", "END", "\n"},
		{far[:253] + "END\n", "END", "\n", "D\n"},
	} {
		checkFinder(t, []byte(tt[0]), tt[1:]...)
	}
}

func TestFinderTakesAnyFrom(t *testing.T) {
	f, _ := NewFinder("b")
	for _, from := range []int{-1, 0, 3, 100} {
		if end, _, ok := f.Find([]byte("aab"), from); ok != (from < 3) || ok && end != 3 {
			t.Errorf("from %d: %d, %v", from, end, ok)
		}
	}
}

func FuzzFinder(f *testing.F) {
	f.Add([]byte("a\r\nb"), "\n", "\r\n")
	f.Add([]byte("aaabaab"), "aab", "ab")
	f.Add([]byte(strings.Repeat("ab", 300)+"c"), "bc", "abab!")
	f.Fuzz(func(t *testing.T, p []byte, d1, d2 string) {
		if len(p) > 400 || d1 == "" {
			return
		}
		checkFinder(t, p, d1)
		if d2 != "" {
			checkFinder(t, p, d1, d2)
			checkFinder(t, p, d2, d1, d1[:1])
		}
	})
}

func TestFinderDoesNotAllocate(t *testing.T) {
	one, _ := NewFinder("\n")
	three, _ := NewFinder(any3...)
	p := []byte(strings.Repeat("x", 10000) + "\n\n")
	if n := testing.AllocsPerRun(100, func() {
		one.Find(p, 0)
		three.Find(p, 0)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A search that started over with each piece would look at 8 GiB here.
func TestFinderIsLinearInPieces(t *testing.T) {
	p := bytes.Repeat([]byte{'x'}, 8<<20)
	for _, delims := range [][]string{{"\n"}, {"\r\n\r\n"}, any3} {
		f, _ := NewFinder(delims...)
		start := time.Now()
		if _, _, ok := findInPieces(f, p, 4<<10); ok {
			t.Error("found what is not there")
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q: %v", delims, took)
		}
	}
}

func BenchmarkFinder(b *testing.B) {
	p := bytes.Repeat([]byte{'x'}, 8<<20)
	for name, delims := range map[string][]string{"byte": {"\n"}, "string": {"\r\n\r\n"}, "any": any3} {
		f, _ := NewFinder(delims...)
		b.Run(name+"/8MiB in 4KiB", func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				findInPieces(f, p, 4<<10)
			}
		})
		b.Run(name+"/short lines", func(b *testing.B) {
			lines := []byte(strings.Repeat("a short line\nEND", 1000))
			b.SetBytes(int64(len(lines)))
			for b.Loop() {
				for rest := lines; ; {
					end, _, ok := f.Find(rest, 0)
					if !ok {
						break
					}
					rest = rest[end:]
				}
			}
		})
	}
}
