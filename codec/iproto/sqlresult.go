package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// SQLResult is the body of the answer to an EXECUTE: the rows of a query with what its columns are, or what a change
// did.
//
//	82  32 <array of columns>  30 <array of rows>
//	81  42 <info>
type SQLResult struct {
	Metadata []byte // the columns, one encoded array, see Columns; nil for a change
	Rows     []byte // one encoded array of arrays; nil for a change
	Info     []byte // one encoded map, see ParseSQLInfo; nil for a query
}

// Append appends the body.
func (r SQLResult) Append(dst []byte) []byte {
	mark := len(dst)
	dst = append(dst, 0x80)
	dst = appendPair(dst, mark, KeyMetadata, r.Metadata)
	dst = appendPair(dst, mark, KeyData, r.Rows)
	return appendPair(dst, mark, KeySQLInfo, r.Info)
}

// appendPair appends a key and an encoded value, unless that is nil, to the map whose head is at mark.
func appendPair(dst []byte, mark int, key Key, value []byte) []byte {
	if value == nil {
		return dst
	}
	dst[mark]++
	return append(append(dst, byte(key)), value...)
}

// ParseSQLResult reads what follows the header of the answer to an EXECUTE; n is len(b) on success. The slices of the
// result are views of b, nil for what is absent. The error is a *PacketError.
func ParseSQLResult(b []byte) (r SQLResult, n int, err error) {
	err = eachPair(b, func(key Key, value []byte) {
		switch key {
		case KeyMetadata:
			r.Metadata = value
		case KeyData:
			r.Rows = value
		case KeySQLInfo:
			r.Info = value
		}
	})
	if err != nil {
		return SQLResult{}, 0, err
	}
	return r, len(b), nil
}

// eachPair walks the body of an answer, which may be absent. Keys of the protocol have to have their types.
func eachPair(b []byte, take func(key Key, value []byte)) error {
	if len(b) == 0 {
		return nil
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return err
	}
	for {
		key, value, offset, ok, err := p.next(detailBody)
		switch {
		case err != nil || !ok:
			return err
		case !key.fits(value[0]):
			return badBody(detailBody, offset, ErrType)
		}
		take(key, value)
	}
}

// SQLInfo tells what a statement changed.
//
//	81  00 <rows>
//	82  00 <rows>  01 <array of numbers>
type SQLInfo struct {
	RowCount         uint64
	AutoincrementIDs []int64 // the numbers that were made up for columns with AUTOINCREMENT, in order
}

// Keys of the map that SQLInfo is.
const (
	infoRowCount         = 0
	infoAutoincrementIDs = 1
)

// Append appends the map.
func (s SQLInfo) Append(dst []byte) []byte {
	if len(s.AutoincrementIDs) == 0 {
		return msgp.AppendUint(append(dst, 0x81, infoRowCount), s.RowCount)
	}
	dst = msgp.AppendUint(append(dst, 0x82, infoRowCount), s.RowCount)
	dst = msgp.AppendArrayHeader(append(dst, infoAutoincrementIDs), len(s.AutoincrementIDs))
	for _, id := range s.AutoincrementIDs {
		dst = msgp.AppendInt(dst, id)
	}
	return dst
}

// ParseSQLInfo reads the map at SQLResult.Info; n is len(b) on success. The result does not refer to b. The error is a
// *PacketError.
func ParseSQLInfo(b []byte) (s SQLInfo, n int, err error) {
	p, err := openBody(b, detailBody)
	if err != nil {
		return s, 0, err
	}
	for {
		key, value, offset, ok, err := p.next(detailBody)
		if err != nil {
			return SQLInfo{}, 0, err
		}
		if !ok {
			return s, len(b), nil
		}
		switch key {
		case infoRowCount:
			s.RowCount, _, err = msgp.ReadUint(value)
		case infoAutoincrementIDs:
			s.AutoincrementIDs, err = readInts(value)
		}
		if err != nil {
			return SQLInfo{}, 0, badBody(detailBody, offset, ErrType)
		}
	}
}

// readInts reads an array of integers, nil when it is empty.
func readInts(b []byte) (ints []int64, err error) {
	array, err := msgp.NewArray(b)
	if err != nil {
		return nil, err
	}
	for raw := range array.All() {
		v, err := raw.Int()
		if err != nil {
			return nil, err
		}
		ints = append(ints, v)
	}
	return ints, nil
}
