package ext

import "github.com/kharon-net/kharon/codec/msgp"

// Tuple is a tuple with the number of its format, which is looked up in TUPLE_FORMATS of the same packet
// (iproto.TupleFormats).
//
//	c7 05 07  21  92 01 a161      the format 33, then one array
type Tuple struct {
	Format uint64
	Fields msgp.Raw // one encoded array; nil is written as []
}

// AppendTuple appends t as an extension of type 7. The error, an *Error, is for fields that are not one array.
func AppendTuple(dst []byte, t Tuple) ([]byte, error) {
	var room [9]byte
	fields, err := t.fields()
	if err != nil {
		return dst, err
	}
	format := msgp.AppendUint(room[:0], t.Format)
	dst = msgp.AppendExtHeader(dst, TypeTuple, len(format)+len(fields))
	return append(append(dst, format...), fields...), nil
}

func appendTuple(dst []byte, t Tuple) ([]byte, error) {
	fields, err := t.fields()
	return append(msgp.AppendUint(dst, t.Format), fields...), err
}

// fields gives the array, after a look that it is one.
func (t Tuple) fields() ([]byte, error) {
	if t.Fields == nil {
		return []byte{0x90}, nil
	}
	n, err := msgp.Skip(t.Fields)
	if err != nil || n != len(t.Fields) || msgp.KindOf(t.Fields[0]) != msgp.KindArray {
		return nil, refuse(TypeTuple, "fields are not one array")
	}
	return t.Fields, nil
}

// ReadTuple reads the tuple at the front of b, an extension of type 7; n is its size. The fields are a view of b. The
// error is one of msgp, or an *Error for a payload that is not a number and one array.
func ReadTuple(b []byte) (t Tuple, n int, err error) { return read(b, TypeTuple, viewTuple) }

func viewTuple(payload []byte) (t Tuple, err error) {
	format, n, err := msgp.ReadUint(payload)
	if err != nil {
		return t, refuse(TypeTuple, "format is no number")
	}
	t = Tuple{Format: format, Fields: payload[n:len(payload):len(payload)]}
	if _, err := t.fields(); err != nil {
		return Tuple{}, err
	}
	return t, nil
}

// parseTuple is viewTuple with a copy.
func parseTuple(payload []byte) (Tuple, error) { return viewTuple(append([]byte{}, payload...)) }
