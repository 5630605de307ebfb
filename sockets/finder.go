package sockets

import (
	"bytes"
	"strings"
	"unsafe"
)

// firstWindow is how many bytes are searched for every delimiter before more
// are: with several of them, a rare one must not be looked for in the whole
// buffer each time a frequent one is near.
const firstWindow = 256

// findEnd returns where in b the delimiter ends whose end comes first, or -1.
// The first from bytes are known to hold no end.
func findEnd(b []byte, from int, delims []string) int {
	if len(delims) == 1 {
		return endOf(b, from, delims[0])
	}
	for window := firstWindow; from < len(b); window *= 2 {
		to := min(len(b), from+window)
		best := -1
		for _, d := range delims {
			if end := endOf(b[:to], from, d); end >= 0 {
				best, to = end, end
			}
		}
		if best >= 0 {
			return best
		}
		from = to
	}
	return -1
}

// endOf returns where the first d ends in b after from, or -1.
func endOf(b []byte, from int, d string) int {
	if len(d) == 1 {
		if i := bytes.IndexByte(b[from:], d[0]); i >= 0 {
			return from + i + 1
		}
		return -1
	}
	start := max(0, from-len(d)+1)
	if len(b)-start < len(d) {
		return -1
	}
	text := unsafe.String(&b[start], len(b)-start) // looked at here and not kept
	if i := strings.Index(text, d); i >= 0 {
		return start + i + len(d)
	}
	return -1
}

// checkDelims is the door: after it no delimiter is empty.
func checkDelims(delims []string) error {
	if len(delims) == 0 {
		return invalid("no delimiter")
	}
	for _, d := range delims {
		if d == "" {
			return invalid("empty delimiter")
		}
	}
	return nil
}
