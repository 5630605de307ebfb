package sockets

import (
	"bytes"
	"slices"

	"github.com/kharon-net/kharon/codec"
)

// A finder is a codec.Finder that a socket keeps, so that naming the
// delimiters again and again costs nothing. The zero value has none.
type finder struct {
	delims []string
	f      *codec.Finder // nil: a single delimiter of one byte
}

func newFinder(delims []string) (finder, error) {
	f, err := codec.NewFinder(delims...)
	if err != nil {
		return finder{}, &argumentError{what: "delimiters", cause: err}
	}
	if len(delims) == 1 && len(delims[0]) == 1 {
		f = nil
	}
	return finder{slices.Clone(delims), f}, nil
}

// find returns where in b the delimiter ends whose end comes first, and its
// number, or -1. The first from bytes are known to hold no end.
func (x *finder) find(b []byte, from int) (end, which int) {
	if x.f == nil {
		if i := bytes.IndexByte(b[from:], x.delims[0][0]); i >= 0 {
			return from + i + 1, 0
		}
		return -1, -1
	}
	end, which, ok := x.f.Find(b, from)
	if !ok {
		return -1, -1
	}
	return end, which
}

// finderOf returns the finder for delims, which it makes the latest. A search
// for the same delimiters, given up at a timeout, goes on where it was. Called
// with the turn to read.
func (s *Socket) finderOf(delims []string) (*finder, error) {
	latest := &s.finders[0]
	if len(latest.delims) > 0 && slices.Equal(latest.delims, delims) {
		return latest, nil
	}
	made := s.finders[1]
	if len(made.delims) == 0 || !slices.Equal(made.delims, delims) {
		var err error
		if made, err = newFinder(delims); err != nil {
			return nil, err
		}
	}
	s.finders[1], s.finders[0] = s.finders[0], made
	s.scanned = 0
	return latest, nil
}
