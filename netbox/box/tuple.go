package box

import (
	"github.com/vmihailenco/msgpack/v5"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A Tuple is a tuple with the names of its fields, as a result of a Func:
//
//	return box.Tuple{Format: bands, Fields: []any{1, "Roxette", 1986}}, nil
//
// Clients that have announced that they can take it (the feature
// call_ret_tuple_extension) get the names with it, and others an array. The
// names are there when the tuple is the result, one of Values, or in a []Tuple
// that is one of them; inside of anything else, and in pushes, it is an array.
type Tuple struct {
	// Format are the fields that have a name; there may be more. Tuples of one
	// answer that share the slice share what is sent of it. Without it the
	// tuple is an array for everybody.
	Format []Field

	// Fields is something that is an array in MessagePack: a []any, a struct
	// with the tag as_array.
	Fields any
}

var _ msgpack.CustomEncoder = Tuple{}

// EncodeMsgpack writes the fields, as an array.
func (t Tuple) EncodeMsgpack(enc *msgpack.Encoder) error {
	b, err := appendTuple(nil, t.Fields)
	if err != nil {
		return err
	}
	return enc.Encode(msgp.Raw(b))
}

// formats are those of the tuples in one answer. Their numbers are the places
// they have here.
type formats [][]Field

// number returns that of a format, which it adds if need be.
func (f *formats) number(format []Field) uint64 {
	for i, known := range *f {
		if len(known) == len(format) && &known[0] == &format[0] {
			return uint64(i)
		}
	}
	*f = append(*f, format)
	return uint64(len(*f) - 1)
}

// append appends the map TUPLE_FORMATS.
func (f formats) append(dst []byte) []byte {
	dst = msgp.AppendMapHeader(dst, len(f))
	for i, format := range f {
		dst = msgp.AppendArrayHeader(msgp.AppendUint(dst, uint64(i)), len(format))
		for j := range format {
			dst = iproto.AppendTupleField(dst, format[j].Name, format[j].Type, format[j].Nullable)
		}
	}
	return dst
}

// extend makes the array at dst[start:] an extension with the number of its
// format.
func extend(dst []byte, start int, format uint64) []byte {
	var room [16]byte
	size := len(dst) - start
	number := msgp.AppendUint(room[:0], format)
	var head [16]byte
	front := append(msgp.AppendExtHeader(head[:0], ext.TypeTuple, len(number)+size), number...)
	dst = append(dst, front...)
	copy(dst[start+len(front):], dst[start:start+size])
	copy(dst[start:], front)
	return dst
}

// plain returns an encoded value in which every tuple that is an extension has
// become an array.
func plain(value []byte) []byte {
	dst := make([]byte, 0, len(value))
	for left := 1; left > 0; left-- {
		if msgp.KindOf(value[0]) == msgp.KindExt {
			if t, n, err := ext.ReadTuple(value); err == nil {
				value = value[n-len(t.Fields):]
			}
		}
		n, inside := step(value)
		dst = append(dst, value[:n]...)
		value = value[n:]
		left += inside
	}
	return dst
}

// step returns the size of a value, or of its header when there are values
// inside, and how many these are.
func step(value []byte) (n, inside int) {
	switch msgp.KindOf(value[0]) {
	case msgp.KindArray:
		inside, n, _ = msgp.ReadArrayHeader(value)
	case msgp.KindMap:
		inside, n, _ = msgp.ReadMapHeader(value)
		inside *= 2
	default:
		n, _ = msgp.Skip(value)
	}
	return n, inside
}
