package iproto

import "strconv"

// Iterator tells SELECT which tuples belong to a key, and their order.
type Iterator uint32

// The iterators of Tarantool.
const (
	IteratorEQ            Iterator = iota // equal to the key, ascending
	IteratorREQ                           // equal to the key, descending
	IteratorALL                           // all of them
	IteratorLT                            // below the key, descending
	IteratorLE                            // below or equal, descending
	IteratorGE                            // above or equal, ascending
	IteratorGT                            // above the key, ascending
	IteratorBitsAllSet                    // bitset indexes: all bits of the key are set
	IteratorBitsAnySet                    // bitset indexes: one of them at least
	IteratorBitsAllNotSet                 // bitset indexes: none of them
	IteratorOverlaps                      // R-trees: rectangles that overlap the key
	IteratorNeighbor                      // R-trees: the nearest come first
	IteratorNP                            // next prefix
	IteratorPP                            // previous prefix

	iteratorEnd
)

var iteratorNames = [iteratorEnd]string{
	"EQ", "REQ", "ALL", "LT", "LE", "GE", "GT", "BITS_ALL_SET", "BITS_ANY_SET", "BITS_ALL_NOT_SET", "OVERLAPS",
	"NEIGHBOR", "NP", "PP",
}

// Known tells whether the iterator is one of Tarantool's. A server answers others with CodeIllegalParams and "Invalid
// iterator type".
func (i Iterator) Known() bool { return i < iteratorEnd }

// String names the iterator as Tarantool does, e.g. "GE"; others read "ITERATOR(14)".
func (i Iterator) String() string {
	if i.Known() {
		return iteratorNames[i]
	}
	return "ITERATOR(" + strconv.FormatUint(uint64(i), 10) + ")"
}
