package box

import (
	"encoding/base64"
	"strings"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// positions are how a key stands in the protocol: base64 without padding.
var positions = base64.RawStdEncoding

// errPosition is what a client is told whose position is none of the index, or
// none that the iterator comes by.
var errPosition = iproto.NewError(iproto.CodeIteratorPosition, "Iterator position is invalid")

// orderOf returns the parts that put the tuples of an index into an order in
// which no two are equal: its own, and those of the primary one that are not
// among them.
func orderOf(ix, primary *Index) []Part {
	order := append([]Part(nil), ix.Parts...)
	for _, p := range primary.Parts {
		if !hasField(ix.Parts, p.Field) {
			order = append(order, p)
		}
	}
	return order
}

func hasField(parts []Part, field int) bool {
	for _, p := range parts {
		if p.Field == field {
			return true
		}
	}
	return false
}

// seek reads behind what a SELECT begins.
func (q *Query) seek(m *iproto.Select) error {
	if m.AfterPosition == nil && m.AfterTuple == nil && !m.FetchPosition {
		return nil
	}
	if q.Index.Type != "tree" || len(q.Index.order) == 0 {
		return Errorf(iproto.CodeUnsupportedIndexFeature, "Index '%s' (%s) of space '%s' (%s) does not support pagination",
			q.Index.Name, strings.ToUpper(q.Index.Type), q.Space.Name, q.Space.Engine)
	}
	switch {
	case len(m.AfterPosition) > 0:
		return q.seekPosition(m.AfterPosition)
	case m.AfterPosition == nil && m.AfterTuple != nil:
		return q.seekTuple(m.AfterTuple)
	}
	return nil
}

// seekPosition begins behind a position, whose parts may be nil.
func (q *Query) seekPosition(position []byte) (err error) {
	key := make([]byte, positions.DecodedLen(len(position)))
	n, err := positions.Decode(key, position)
	if err != nil {
		return errPosition
	}
	key = key[:n]
	if n, err = msgp.Skip(key); err != nil || n != len(key) {
		return errPosition
	}
	if q.After, err = msgp.NewArray(key); err != nil || q.After.Len() != len(q.Index.order) {
		return errPosition
	}
	return q.checkAfter(func(Part) bool { return true })
}

// seekTuple begins behind a tuple.
func (q *Query) seekTuple(encoded []byte) error {
	tuple, err := msgp.NewArray(encoded)
	if err != nil {
		return errPosition
	}
	q.After, _ = msgp.NewArray(q.Index.appendKey(nil, &tuple))
	return q.checkAfter(func(p Part) bool {
		return p.Field <= len(q.Space.Format) && q.Space.Format[p.Field-1].Nullable
	})
}

// checkAfter checks what the tuples are to begin behind: the types of its
// parts, which may be nil or not, and that the iterator comes by.
func (q *Query) checkAfter(nullable func(Part) bool) error {
	for i, p := range q.Index.order {
		v := q.After.At(i)
		if isNil := msgp.KindOf(v[0]) == msgp.KindNil; isNil && !nullable(p) || !isNil && !fits(p.Type, v[0]) {
			return errPosition
		}
	}
	if !q.finds(&q.After) {
		return errPosition
	}
	return nil
}

// finds reports whether the iterator comes by a key.
func (q *Query) finds(key *Args) bool {
	if q.Key.Len() == 0 {
		return true
	}
	c := compareKeys(key, &q.Key)
	switch q.Iterator {
	case iproto.IteratorEQ, iproto.IteratorREQ:
		return c == 0
	case iproto.IteratorGE:
		return c >= 0
	case iproto.IteratorGT:
		return c > 0
	case iproto.IteratorLE:
		return c <= 0
	case iproto.IteratorLT:
		return c < 0
	}
	return true
}

// Finds reports whether the iterator finds a tuple with these values in the
// fields of Index.Parts, as a tree does: a handler of few tuples can look at all
// of them.
//
//	for _, band := range bands { // in the order of the index, or backwards if q.Descending
//		if q.Finds(band.ID) && !yield(band) {
//			return
//		}
//	}
//
// It knows the iterators EQ, REQ, ALL, LT, LE, GE and GT; the others find
// everything. A value that can not be encoded is not found. Must not be used
// from several goroutines at once.
func (q *Query) Finds(values ...any) bool {
	encoded, err := msgp.AppendValue(nil, values)
	if err != nil || len(values) == 0 {
		return false
	}
	key, _ := msgp.NewArray(encoded)
	return q.finds(&key)
}

// passes reports whether a tuple comes behind q.After.
func (q *Query) passes(tuple *Args) bool {
	for i, p := range q.Index.order {
		if c := compareValues(field(tuple, p), q.After.At(i)); c != 0 {
			return (c < 0) == q.Descending()
		}
	}
	return false
}

// Descending reports whether the iterator goes from the greatest key to the
// least. Safe to call from any goroutine.
func (q *Query) Descending() bool {
	switch q.Iterator {
	case iproto.IteratorREQ, iproto.IteratorLT, iproto.IteratorLE, iproto.IteratorPP:
		return true
	}
	return false
}

// appendPosition appends the position of a tuple.
func (ix *Index) appendPosition(dst []byte, tuple *Args) []byte {
	return positions.AppendEncode(dst, ix.appendKey(nil, tuple))
}

// appendKey appends an array with what the tuple has in the fields that order
// the index.
func (ix *Index) appendKey(dst []byte, tuple *Args) []byte {
	dst = msgp.AppendArrayHeader(dst, len(ix.order))
	for _, p := range ix.order {
		dst = append(dst, field(tuple, p)...)
	}
	return dst
}

// absent is the value of a field that a tuple is too short for.
var absent = []byte{0xc0}

func field(tuple *Args, p Part) []byte {
	if p.Field > tuple.Len() {
		return absent
	}
	return tuple.At(p.Field - 1)
}
