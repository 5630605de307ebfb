package iproto

import (
	"encoding/binary"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Data is the body of an answer with results: those of CALL and EVAL, the tuples of SELECT, and so on.
//
//	81  30 dd <n:4> <n values>
//	82  30 dd <n:4> <n values>  60 <map>
//	83  30 dd <n:4> <n values>  60 <map>  35 <string>
type Data struct {
	Array    []byte // DATA, one encoded array; nil when absent
	Formats  []byte // TUPLE_FORMATS, one encoded map: what the format ids of tuple extensions mean; nil when absent
	Position []byte // POSITION: where the next page begins; nil when absent
}

// Append appends the body. Tarantool writes the array with a count of 32 bits, as AppendDataHead does; Append leaves
// Array as it is.
func (d Data) Append(dst []byte) []byte {
	mark := len(dst)
	dst = append(dst, 0x80)
	if d.Array != nil {
		dst[mark]++
		dst = append(dst, byte(KeyData))
		dst = append(dst, d.Array...)
	}
	if d.Formats != nil {
		dst[mark]++
		dst = append(dst, byte(KeyTupleFormats))
		dst = append(dst, d.Formats...)
	}
	if d.Position != nil {
		dst[mark]++
		dst = append(dst, byte(KeyPosition))
		dst = msgp.AppendStringBytes(dst, d.Position)
	}
	return dst
}

// AppendDataHead appends a body up to its first result: 81 30 dd 00000000. The caller appends results, then fills in
// their number with EndData.
func AppendDataHead(dst []byte) (out []byte, mark int) {
	dst = append(dst, 0x81, byte(KeyData), 0xdd, 0, 0, 0, 0)
	return dst, len(dst)
}

// EndData writes the number of results into the body that AppendDataHead began with that mark.
func EndData(dst []byte, mark int, count uint32) []byte {
	if mark >= 4 && mark <= len(dst) {
		binary.BigEndian.PutUint32(dst[mark-4:], count)
	}
	return dst
}

// AppendDataTail goes on behind the last result of the body that AppendDataHead began with that mark: with
// TUPLE_FORMATS, one encoded map, and POSITION. Nil leaves out either.
func AppendDataTail(dst []byte, mark int, formats, position []byte) []byte {
	if mark < 7 || mark > len(dst) {
		return dst
	}
	if formats != nil {
		dst[mark-7]++
		dst = append(append(dst, byte(KeyTupleFormats)), formats...)
	}
	if position != nil {
		dst[mark-7]++
		dst = msgp.AppendStringBytes(append(dst, byte(KeyPosition)), position)
	}
	return dst
}

// ParseData reads what follows the header of an answer and gives DATA, one encoded array, as a view of b: nil when
// the body has none or there is no body. n is len(b) on success. The error is a *PacketError.
func ParseData(b []byte) (array []byte, n int, err error) {
	if len(b) > 2 && b[0] == 0x81 && b[1] == byte(KeyData) && msgp.KindOf(b[2]) == msgp.KindArray {
		if size, err := msgp.Skip(b[2:]); err == nil && size+2 == len(b) {
			return b[2:len(b):len(b)], len(b), nil
		}
	}
	d, n, err := ParseDataAll(b)
	return d.Array, n, err
}

// ParseDataAll is ParseData for all of the body that Data has a place for. Other keys are ignored.
func ParseDataAll(b []byte) (d Data, n int, err error) {
	if len(b) == 0 {
		return d, 0, nil
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return d, 0, err
	}
	for {
		key, value, offset, ok, err := p.next(detailBody)
		if err != nil {
			return Data{}, 0, err
		}
		if !ok {
			return d, len(b), nil
		}
		if !d.set(key, value) {
			return Data{}, 0, badBody(detailBody, offset, ErrType)
		}
	}
}

// set takes the value of one key. It tells whether the type was right.
func (d *Data) set(key Key, value []byte) bool {
	kind := msgp.KindOf(value[0])
	switch key {
	case KeyData:
		d.Array = value
		return kind == msgp.KindArray
	case KeyTupleFormats:
		d.Formats = value
		return kind == msgp.KindMap
	case KeyPosition:
		d.Position, _, _ = msgp.ReadString(value)
		return kind == msgp.KindString
	}
	return true
}
