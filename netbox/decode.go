package netbox

import (
	"reflect"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A TupleDecoder decodes itself from a tuple, field by field. It is the form that
// needs no reflection; types that allocate nothing themselves are selected
// without an allocation.
type TupleDecoder interface {
	// DecodeTuple takes what it needs of the tuple, which is valid until it
	// returns, and returns t.Err.
	DecodeTuple(t msgp.Array) error
}

// decodeTuple decodes the tuple at the front of b into what dst points to, and
// returns its size. l is the layout of that.
func decodeTuple(b []byte, dst any, l *layout) (n int, err error) {
	if len(b) > 0 && msgp.KindOf(b[0]) == msgp.KindExt {
		return decodeExtension(b, dst, l)
	}
	switch dst := dst.(type) {
	case TupleDecoder:
		return decodeByItself(b, dst)
	case *[]any:
		return decodeList(b, dst)
	}
	v := reflect.ValueOf(dst).Elem()
	if l != nil {
		return l.decode(b, v)
	}
	v.SetZero() // so that nothing of what was there is used again
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct {
		v.Set(reflect.New(v.Type().Elem()))
		return decodeTuple(b, v.Interface(), layoutOf(v.Type().Elem()))
	}
	return msgp.DecodeValue(b, dst)
}

// decodeByItself has a tuple decode itself.
func decodeByItself(b []byte, d TupleDecoder) (n int, err error) {
	if n, err = msgp.Skip(b); err != nil {
		return 0, err
	}
	a, err := msgp.NewArray(b[:n])
	if err != nil {
		return 0, err
	}
	return n, d.DecodeTuple(a)
}

// decodeList decodes all fields of a tuple, as msgp.Value does.
func decodeList(b []byte, list *[]any) (n int, err error) {
	if n, err = msgp.Skip(b); err != nil {
		return 0, err
	}
	a, err := msgp.NewArray(b[:n])
	if err != nil {
		return 0, err
	}
	*list, err = a.Values()
	return n, err
}

// decodeExtension decodes a tuple that came with the number of its format.
func decodeExtension(b []byte, dst any, l *layout) (n int, err error) {
	if n, err = msgp.Skip(b); err != nil {
		return 0, err
	}
	fields, _, err := unwrap(b[:n])
	if err == nil {
		_, err = decodeTuple(fields, dst, l)
	}
	return n, err
}

// decodeResult decodes the value at the front of b, a tuple or anything else,
// into what dst points to.
func decodeResult(b []byte, dst any) error {
	tuple := len(b) > 0 && msgp.KindOf(b[0]) == msgp.KindArray
	if typ, _, _, err := msgp.ReadExtHeader(b); err == nil && typ == ext.TypeTuple {
		tuple = true
	}
	if tuple {
		_, err := decodeTuple(b, dst, layoutOf(reflect.TypeOf(dst).Elem()))
		return err
	}
	_, err := msgp.DecodeValue(b, dst)
	return err
}
