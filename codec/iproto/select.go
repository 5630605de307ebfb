package iproto

import (
	"math"

	"github.com/kharon-net/kharon/codec/msgp"
)

// NoLimit as the limit of a SELECT asks for all tuples.
const NoLimit = math.MaxUint32

// Select is the body of a SELECT. Its answer is a Data with the tuples.
//
//	86  10 <space>  11 <index>  14 <iterator>  13 <offset>  12 <limit>  20 <array>
//	…   2e <string>    after the position
//	…   2f <array>     after the tuple
//	…   1f c3          with the position of the last tuple in the answer
type Select struct {
	Space         Ref
	Index         Ref
	Iterator      Iterator
	Offset        uint32
	Limit         uint32 // how many tuples at most: 0 is none, NoLimit all
	Key           []byte // one encoded array, which may have fewer parts than the index; nil is written as []
	AfterPosition []byte // the position the last page ended at (Data.Position); nil when absent, empty for the start
	AfterTuple    []byte // a tuple, one encoded array, behind which to begin; AfterPosition wins; nil when absent
	FetchPosition bool
}

// Append appends the body.
func (s Select) Append(dst []byte) []byte {
	mark := len(dst)
	dst = AppendSelectHead(dst, s.Space, s.Index, s.Iterator, s.Offset, s.Limit)
	if s.Key == nil {
		s.Key = emptyArray
	}
	dst = append(dst, s.Key...)
	if s.AfterPosition != nil {
		dst[mark]++
		dst = msgp.AppendStringBytes(append(dst, byte(KeyAfterPosition)), s.AfterPosition)
	}
	if s.AfterTuple != nil {
		dst[mark]++
		dst = appendArray(dst, KeyAfterTuple, s.AfterTuple)
	}
	if s.FetchPosition {
		dst[mark]++
		dst = append(dst, byte(KeyFetchPosition), 0xc3)
	}
	return dst
}

// AppendSelectHead appends the body of a SELECT without pages up to its key, one encoded array, which the caller
// appends.
func AppendSelectHead(dst []byte, space, index Ref, it Iterator, offset, limit uint32) []byte {
	dst = space.appendSpace(append(dst, 0x86))
	dst = index.appendIndex(dst)
	dst = msgp.AppendUint(append(dst, byte(KeyIterator)), uint64(it))
	dst = msgp.AppendUint(append(dst, byte(KeyOffset)), uint64(offset))
	dst = msgp.AppendUint(append(dst, byte(KeyLimit)), uint64(limit))
	return append(dst, byte(KeyKey))
}

// AppendSelectAll appends the body of a SELECT of all tuples of a space in the short form in which net.box fetches a
// schema: 83  10 <space>  12 ce ffffffff  20 90.
func AppendSelectAll(dst []byte, space uint32) []byte {
	dst = msgp.AppendUint(append(dst, 0x83, byte(KeySpaceID)), uint64(space))
	return append(dst, byte(KeyLimit), 0xce, 0xff, 0xff, 0xff, 0xff, byte(KeyKey), 0x90)
}

// ParseSelect reads what follows the header of a SELECT; n is len(b) on success. The slices of the result are views
// of b. An absent index is number 0, an absent iterator EQ. Of numbers 32 bits are kept, as in Tarantool.
//
// The errors are *PacketErrors in Tarantool's words: "packet body" when the bytes, a type or a key is wrong or
// something follows the body, and code CodeMissingRequestField when the space, LIMIT or KEY is missing.
func ParseSelect(b []byte) (s Select, n int, err error) {
	var f fields
	if err := f.parse(b, mustSelect); err != nil {
		return s, 0, err
	}
	return Select{
		Space: f.space, Index: f.index, Iterator: f.iterator, Offset: f.offset, Limit: f.limit, Key: f.key,
		AfterPosition: f.afterPosition, AfterTuple: f.afterTuple, FetchPosition: f.fetchPosition,
	}, len(b), nil
}
