package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Prepared is the body of the answer to a PREPARE.
//
//	84  43 <id>  34 <count>  33 <array of columns>  32 <array of columns>
//	83  43 <id>  34 <count>  33 <array of columns>                           for what is no query
type Prepared struct {
	StmtID       uint64 // what EXECUTE and PREPARE name the statement by
	BindCount    uint64 // how many parameters it has
	BindMetadata []byte // the parameters, one encoded array, see Columns; nil is written as []
	Metadata     []byte // the columns of its result, one encoded array, see Columns; nil when there are none
}

// Append appends the body.
func (p Prepared) Append(dst []byte) []byte {
	mark := len(dst)
	dst = msgp.AppendUint(append(dst, 0x83, byte(KeyStmtID)), p.StmtID)
	dst = msgp.AppendUint(append(dst, byte(KeyBindCount)), p.BindCount)
	dst = appendArray(dst, KeyBindMetadata, p.BindMetadata)
	return appendPair(dst, mark, KeyMetadata, p.Metadata)
}

// ParsePrepared reads what follows the header of the answer to a PREPARE; n is len(b) on success. The slices of the
// result are views of b. The answer to a PREPARE that forgets a statement is the zero value. The error is a
// *PacketError.
func ParsePrepared(b []byte) (p Prepared, n int, err error) {
	err = eachPair(b, func(key Key, value []byte) {
		switch key {
		case KeyStmtID:
			p.StmtID, _, _ = msgp.ReadUint(value)
		case KeyBindCount:
			p.BindCount, _, _ = msgp.ReadUint(value)
		case KeyBindMetadata:
			p.BindMetadata = value
		case KeyMetadata:
			p.Metadata = value
		}
	})
	if err != nil {
		return Prepared{}, 0, err
	}
	return p, len(b), nil
}
