package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Update is the body of an UPDATE. The answer is a Data with the tuple as it is now, without one when the key is not
// there.
//
//	85  10 <space>  11 <index>  15 <base>  20 <array>  21 <array of operations>
//
// An operation is an array [operator, field, argument]: one of = + - & | ^ ! #, or [':', field, offset, length,
// string] to splice.
type Update struct {
	Space     Ref
	Index     Ref
	IndexBase uint32 // the number of the first field in operations: 0, or 1 as net.box has it
	Key       []byte // one encoded array; nil is written as []
	Ops       []byte // the operations, one encoded array; nil is written as []
}

// Append appends the body.
func (m Update) Append(dst []byte) []byte {
	dst = m.Space.appendSpace(append(dst, 0x85))
	dst = m.Index.appendIndex(dst)
	dst = msgp.AppendUint(append(dst, byte(KeyIndexBase)), uint64(m.IndexBase))
	dst = appendArray(dst, KeyKey, m.Key)
	return appendArray(dst, KeyTuple, m.Ops)
}

// ParseUpdate reads what follows the header of an UPDATE; n is len(b) on success. Views, defaults and errors are
// those of ParseSelect; the space, KEY and TUPLE, which holds the operations, are mandatory.
func ParseUpdate(b []byte) (m Update, n int, err error) {
	var f fields
	if err := f.parse(b, mustUpdate); err != nil {
		return m, 0, err
	}
	return Update{Space: f.space, Index: f.index, IndexBase: f.indexBase, Key: f.key, Ops: f.tuple}, len(b), nil
}
