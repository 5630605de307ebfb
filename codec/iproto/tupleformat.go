package iproto

import (
	"iter"

	"github.com/kharon-net/kharon/codec/msgp"
)

// TupleFormats ranges over the map TUPLE_FORMATS of an answer (Data.Formats): the number of a format, which tuple
// extensions of the same packet carry, and the fields of the tuples, one encoded array of maps with name, type,
// is_nullable and so on. The arrays are views of formats. The first error, a *PacketError, ends the walk.
//
//	80
//	8x  <number> <array of maps>  …
func TupleFormats(formats []byte) iter.Seq2[TupleFormat, error] {
	return func(yield func(TupleFormat, error) bool) {
		if len(formats) == 0 {
			return
		}
		p, err := openBody(formats, detailBody)
		for err == nil {
			key, value, offset, ok, e := p.next(detailBody)
			switch {
			case e != nil:
				err = e
			case !ok:
				return
			case msgp.KindOf(value[0]) != msgp.KindArray:
				err = badBody(detailBody, offset, ErrType)
			case !yield(TupleFormat{ID: uint64(key), Fields: value}, nil):
				return
			}
		}
		yield(TupleFormat{}, err)
	}
}

// TupleFormat is what the fields of tuples are.
type TupleFormat struct {
	ID     uint64
	Fields []byte // one encoded array of maps
}

// AppendTupleField appends what describes a field in a format: 82 or 83, a4"name" <string>, a4"type" <string>, and
// ab"is_nullable" c3 for a field that may be nil.
func AppendTupleField(dst []byte, name, typ string, nullable bool) []byte {
	mark := len(dst)
	dst = msgp.AppendString(msgp.AppendString(append(dst, 0x82), "name"), name)
	dst = msgp.AppendString(msgp.AppendString(dst, "type"), typ)
	if nullable {
		dst[mark]++
		dst = append(msgp.AppendString(dst, "is_nullable"), 0xc3)
	}
	return dst
}

// Names ranges over the names of the fields in their order; a field without one has "". The names are views. What is
// not built as it should be ends the walk.
func (f TupleFormat) Names() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		array, err := msgp.NewArray(f.Fields)
		if err != nil {
			return
		}
		for field, err := range array.All() {
			if err != nil || !yield(fieldName(field)) {
				return
			}
		}
	}
}

// fieldName finds the name in the map that describes a field.
func fieldName(field []byte) []byte {
	count, n, _ := msgp.ReadMapHeader(field)
	for range count {
		key, size, err := msgp.ReadString(field[n:])
		if err != nil {
			size, _ = msgp.Skip(field[n:])
		}
		n += size
		if string(key) == "name" {
			name, _, _ := msgp.ReadString(field[n:])
			return name
		}
		size, _ = msgp.Skip(field[n:])
		n += size
	}
	return nil
}
