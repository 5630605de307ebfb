package netbox

import (
	"fmt"
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

// decodeWhole is decodeTuple for a tuple that has been checked and that nothing
// follows: an answer's last, and mostly its only one.
func decodeWhole(b []byte, dst any, l *layout) error {
	d, ok := dst.(TupleDecoder)
	if !ok || len(b) == 0 || msgp.KindOf(b[0]) == msgp.KindExt {
		_, err := decodeTuple(b, dst, l)
		return err
	}
	var a msgp.Array
	if err := a.Reset(b); err != nil {
		return err
	}
	return d.DecodeTuple(a)
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

// decodeResult decodes the value at the front of b, a tuple, a list of tuples or
// anything else, into what dst points to.
func decodeResult(b []byte, dst any) error {
	typ := reflect.TypeOf(dst).Elem()
	switch {
	case !isTuple(b):
		_, err := msgp.DecodeValue(b, dst)
		return err
	case typ.Kind() == reflect.Slice && takesTuples(typ.Elem()):
		return decodeTuples(b, reflect.ValueOf(dst).Elem())
	}
	_, err := decodeTuple(b, dst, layoutOf(typ))
	return err
}

// isTuple reports whether b begins with an array, or with an extension that
// carries one.
func isTuple(b []byte) bool {
	if len(b) > 0 && msgp.KindOf(b[0]) == msgp.KindArray {
		return true
	}
	typ, _, _, err := msgp.ReadExtHeader(b)
	return err == nil && typ == ext.TypeTuple
}

// takesTuples reports whether tuples are decoded into a type otherwise than msgp
// does it.
func takesTuples(typ reflect.Type) bool {
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	return layoutOf(typ) != nil || reflect.PointerTo(typ).Implements(reflect.TypeFor[TupleDecoder]())
}

// decodeTuples decodes an array, of tuples and of what else there may be, into a
// slice.
func decodeTuples(b []byte, list reflect.Value) error {
	count, n, err := msgp.ReadArrayHeader(b)
	if err != nil {
		return err
	}
	list.Set(reflect.MakeSlice(list.Type(), count, count))
	l := layoutOf(list.Type().Elem())
	for i := range count {
		size, dst := 0, list.Index(i).Addr().Interface()
		if isTuple(b[n:]) {
			size, err = decodeTuple(b[n:], dst, l)
		} else {
			size, err = msgp.DecodeValue(b[n:], dst)
		}
		if err != nil {
			return fmt.Errorf("netbox: element %d: %w", i, err)
		}
		n += size
	}
	return nil
}
