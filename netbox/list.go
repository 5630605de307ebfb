package netbox

import (
	"fmt"
	"reflect"

	"github.com/kharon-net/kharon/codec/msgp"
)

// A list is an array to be encoded: the arguments of a call, a key, a tuple. The
// zero value is the empty one.
type list struct {
	form   form
	number int64
	values []any
	raw    []byte // the whole array, encoded
}

// A form is what a list is made of.
type form uint8

const (
	formValues form = iota // each value is an element
	formWhole              // the one value is the array
	formRaw
	formNumber // the one element is the number
)

func rawList(b []byte) list { return list{form: formRaw, raw: b} }

// wholeList is what v, a slice or a struct, is encoded as.
func wholeList(v any) list {
	switch v := v.(type) {
	case []any:
		return list{values: v}
	case Value:
		return rawList(v)
	}
	return list{form: formWhole, values: []any{v}}
}

func (a *list) empty() bool {
	return a.form == formValues && len(a.values) == 0 || a.form == formRaw && len(a.raw) == 1 && a.raw[0] == 0x90
}

// plain reports whether encoding the list runs no code of the user's.
func (a *list) plain() bool {
	for _, v := range a.values {
		switch v.(type) {
		case nil, bool, string, []byte, int, int8, int16, int32, int64,
			uint, uint8, uint16, uint32, uint64, float32, float64:
		default:
			return false
		}
	}
	return true
}

// append appends the array.
func (a *list) append(dst []byte) ([]byte, error) {
	switch a.form {
	case formNumber:
		return msgp.AppendInt(append(dst, 0x91), a.number), nil
	case formRaw:
		return appendRaw(dst, a.raw)
	case formWhole:
		start := len(dst)
		dst, err := appendWhole(dst, a.values[0])
		if err == nil && msgp.KindOf(dst[start]) != msgp.KindArray {
			err = fmt.Errorf("%T is neither an array nor a struct", a.values[0])
		}
		if err != nil {
			return dst[:start], fmt.Errorf("%w: %w", errEncode, err)
		}
		return dst, nil
	}
	return appendArgs(dst, a.values)
}

// appendWhole appends what is to be an array: a struct is, whatever its tags.
func appendWhole(dst []byte, v any) ([]byte, error) {
	start := len(dst)
	dst, err := msgp.AppendValue(dst, v)
	if err != nil || msgp.KindOf(dst[start]) != msgp.KindMap {
		return dst, err
	}
	s := reflect.Indirect(reflect.ValueOf(v))
	if l := layoutOf(s.Type()); l != nil && !encodesItself(s.Type()) {
		return l.append(dst[:start], s)
	}
	return dst, nil
}

func appendRaw(dst, raw []byte) ([]byte, error) {
	if len(raw) == 0 || msgp.KindOf(raw[0]) != msgp.KindArray {
		return dst, fmt.Errorf("%w: Tuple/Key must be MsgPack array", errEncode)
	}
	return append(dst, raw...), nil
}

func appendArgs(dst []byte, args []any) ([]byte, error) {
	dst = msgp.AppendArrayHeader(dst, len(args))
	var err error
	for i := range args {
		if dst, err = msgp.AppendValue(dst, args[i]); err != nil {
			return dst, argError(i, err)
		}
	}
	return dst, nil
}

func argError(i int, err error) error {
	return fmt.Errorf("%w: argument %d: %w", errEncode, i+1, err)
}

// encoded returns the list with its values encoded.
func (a *list) encoded() (list, error) {
	if a.plain() {
		return *a, nil
	}
	raw, err := a.append(nil)
	return rawList(raw), err
}

// Parts is a key of an index, or the beginning of one. The zero value has no
// parts and stands for every key.
type Parts struct{ list list }

// Key makes a key of its parts.
func Key(parts ...any) Parts { return Parts{list{values: parts}} }

// IntKey makes a key of one integer. Unlike Key it never allocates.
func IntKey(n int64) Parts { return Parts{list{form: formNumber, number: n}} }

// RawKey makes a key of one encoded array, which is not checked beyond its first
// byte.
func RawKey(array []byte) Parts { return Parts{rawList(array)} }
