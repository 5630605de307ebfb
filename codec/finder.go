package codec

import "bytes"

// Finder searches for the first of several delimiters: the one whose end comes first. Of delimiters that end at
// the same byte the longest is meant, so that "\n" and "\r\n" may stand side by side.
//
// It is immutable and does not allocate when searching. Safe to call from any goroutine.
type Finder struct {
	delims  [][]byte
	longest int
}

// NewFinder makes a Finder for one delimiter or more, each of one byte or more.
func NewFinder(delims ...string) (*Finder, error) {
	if len(delims) == 0 {
		return nil, optionError("no delimiter")
	}
	f := &Finder{delims: make([][]byte, len(delims))}
	for i, d := range delims {
		if d == "" {
			return nil, optionError("empty delimiter")
		}
		f.delims[i] = []byte(d)
		f.longest = max(f.longest, len(d))
	}
	return f, nil
}

// MaxLen is the length of the longest delimiter in bytes.
func (f *Finder) MaxLen() int { return f.longest }

// Len is the length of delimiter number which, as Find reports it.
func (f *Finder) Len(which int) int { return len(f.delims[which]) }

// Find looks for the end of the first delimiter in p, of which the first from bytes have been searched before
// without finding any: the result is that of searching all of p, at the price of searching what is new. (Find steps
// back far enough to see a delimiter that straddles from.)
//
// end is the index after the delimiter and which its number in the order given to NewFinder.
func (f *Finder) Find(p []byte, from int) (end, which int, ok bool) {
	from = min(max(from, 0), len(p))
	if len(f.delims) == 1 {
		end, ok = find(p, f.delims[0], from)
		return end, 0, ok
	}
	return f.findAny(p, from)
}

// Windows keep the search for a rare delimiter from running to the end of p each time a frequent one is near.
const (
	firstWindow = 64
	lastWindow  = 64 << 10
)

func (f *Finder) findAny(p []byte, from int) (end, which int, ok bool) {
	for size := firstWindow; from < len(p); size = min(2*size, lastWindow) {
		stop := len(p)
		if size < stop-from {
			stop = from + size
		}
		end = stop
		for i, d := range f.delims {
			e, found := find(p[:end], d, from)
			if found && (!ok || e < end || len(d) > len(f.delims[which])) {
				end, which, ok = e, i, true
			}
		}
		if ok {
			return end, which, true
		}
		from = stop
	}
	return 0, 0, false
}

// find is the search for one delimiter that ends after from.
func find(p, d []byte, from int) (end int, ok bool) {
	if len(d) == 1 {
		i := bytes.IndexByte(p[from:], d[0])
		return from + i + 1, i >= 0
	}
	from = max(0, from-len(d)+1)
	i := bytes.Index(p[from:], d)
	return from + i + len(d), i >= 0
}
