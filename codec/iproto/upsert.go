package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Upsert is the body of an UPSERT: the tuple is inserted, or the operations (see Update) are done on the one that is
// there. The answer is a Data without results.
//
//	84  10 <space>  15 <base>  21 <array>  28 <array of operations>
type Upsert struct {
	Space     Ref
	IndexBase uint32 // the number of the first field in operations: 0, or 1 as net.box has it
	Tuple     []byte // one encoded array; nil is written as []
	Ops       []byte // the operations, one encoded array; nil is written as []
}

// Append appends the body.
func (m Upsert) Append(dst []byte) []byte {
	dst = m.Space.appendSpace(append(dst, 0x84))
	dst = msgp.AppendUint(append(dst, byte(KeyIndexBase)), uint64(m.IndexBase))
	dst = appendArray(dst, KeyTuple, m.Tuple)
	return appendArray(dst, KeyOps, m.Ops)
}

// ParseUpsert reads what follows the header of an UPSERT; n is len(b) on success. Views and errors are those of
// ParseSelect; the space, TUPLE and OPS are mandatory.
func ParseUpsert(b []byte) (m Upsert, n int, err error) {
	var f fields
	if err := f.parse(b, mustUpsert); err != nil {
		return m, 0, err
	}
	return Upsert{Space: f.space, IndexBase: f.indexBase, Tuple: f.tuple, Ops: f.ops}, len(b), nil
}
