package iproto

import (
	"math/bits"

	"github.com/kharon-net/kharon/codec/msgp"
)

// fields are what the bodies of SELECT, INSERT, REPLACE, UPDATE, UPSERT, DELETE and INSERT_ARROW consist of.
type fields struct {
	has           keySet
	space         Ref
	index         Ref
	limit         uint32
	offset        uint32
	iterator      Iterator
	indexBase     uint32
	fetchPosition bool
	key           []byte
	tuple         []byte
	ops           []byte
	afterPosition []byte
	afterTuple    []byte
	arrow         []byte
}

// keySet is a set of keys below 64.
type keySet uint64

func keys(list ...Key) (s keySet) {
	for _, k := range list {
		s |= 1 << k
	}
	return s
}

// The keys that each request must have.
var (
	mustSelect      = keys(KeySpaceID, KeyLimit, KeyKey)
	mustInsert      = keys(KeySpaceID, KeyTuple)
	mustUpdate      = keys(KeySpaceID, KeyKey, KeyTuple)
	mustUpsert      = keys(KeySpaceID, KeyTuple, KeyOps)
	mustDelete      = keys(KeySpaceID, KeyKey)
	mustInsertArrow = keys(KeySpaceID, KeyArrow)
)

// parse reads a body of any form, by the rules of Tarantool: keys in any order, every key of the protocol with its
// type, other keys ignored, the last of equal ones wins, and of numbers 32 bits are kept. Of the mandatory keys
// that are missing the error tells the lowest; a space's name does for its number. No body misses all of them.
func (f *fields) parse(b []byte, must keySet) error {
	if len(b) == 0 {
		return f.complete(must, 0)
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return err
	}
	p.lax = true
	for {
		key, value, offset, ok, err := p.next(detailBody)
		switch {
		case err != nil:
			return err
		case !ok:
			return f.complete(must, p.pos)
		case !key.fits(value[0]):
			return badBody(detailBody, offset, ErrType)
		}
		f.set(key, value)
	}
}

// complete checks that no mandatory key is missing, and lets names win over numbers.
func (f *fields) complete(must keySet, offset int) error {
	if missing := must &^ f.has; missing != 0 {
		return missingField(Key(bits.TrailingZeros64(uint64(missing))), offset)
	}
	f.space.settle()
	f.index.settle()
	return nil
}

// set takes the value of one key, whose type is right.
func (f *fields) set(key Key, value []byte) {
	switch key {
	case KeySpaceName:
		f.space.Name, _, _ = msgp.ReadString(value)
		f.has |= keys(KeySpaceID)
		return
	case KeyIndexName:
		f.index.Name, _, _ = msgp.ReadString(value)
		return
	case KeyKey:
		f.key = value
	case KeyTuple:
		f.tuple = value
	case KeyOps:
		f.ops = value
	case KeyAfterPosition:
		f.afterPosition, _, _ = msgp.ReadString(value)
	case KeyAfterTuple:
		f.afterTuple = value
	case KeyFetchPosition:
		f.fetchPosition, _, _ = msgp.ReadBool(value)
	case KeyArrow:
		f.arrow = value
	default:
		f.setNumber(key, value)
	}
	if key < 64 {
		f.has |= 1 << key
	}
}

// setNumber takes the value of a key that is a number.
func (f *fields) setNumber(key Key, value []byte) {
	v, _, _ := msgp.ReadUint(value)
	switch key {
	case KeySpaceID:
		f.space.ID = uint32(v)
	case KeyIndexID:
		f.index.ID = uint32(v)
	case KeyLimit:
		f.limit = uint32(v)
	case KeyOffset:
		f.offset = uint32(v)
	case KeyIterator:
		f.iterator = Iterator(v)
	case KeyIndexBase:
		f.indexBase = uint32(v)
	}
}

// appendArray appends a key and an encoded array; nil is written as [].
func appendArray(dst []byte, key Key, array []byte) []byte {
	if array == nil {
		array = emptyArray
	}
	return append(append(dst, byte(key)), array...)
}
