package netbox

import (
	"fmt"
	"iter"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A Tuple is a tuple of a space: an array of its fields, looked into where
// needed. See msgp.Array for its methods: Len, Int, String, Decode, Values and
// so on. The zero value is no tuple.
//
// The names of the fields are those of the format that came with the tuple, see
// Options.TupleFormats, or else those of the space in the schema.
type Tuple struct {
	msgp.Array
	info   *SpaceInfo
	format []byte // the fields of the format that came with it; nil: none has
}

// Tuple returns result i, a tuple. It lives as long as the result. The error is
// about a value that is no tuple. Safe to call from any goroutine.
func (r *Result) Tuple(i int) (Tuple, error) {
	raw := r.At(i)
	if raw == nil {
		return Tuple{}, r.Err()
	}
	return r.tuple(raw, nil)
}

// tuple makes a Tuple of an array, or of the extension that carries one with the
// number of its format.
func (r *Result) tuple(raw []byte, info *SpaceInfo) (t Tuple, err error) {
	t.info = info
	fields, number, err := unwrap(raw)
	if err != nil {
		return t, fmt.Errorf("netbox: tuple: %w", err)
	}
	if len(fields) != len(raw) {
		t.format = r.format(number)
	}
	t.Array, err = msgp.NewArray(fields)
	return t, err
}

// unwrap returns the array of a tuple that may be an extension, and then the
// number of its format.
func unwrap(raw []byte) (fields []byte, format uint64, err error) {
	if len(raw) == 0 || msgp.KindOf(raw[0]) != msgp.KindExt {
		return raw, 0, nil
	}
	t, _, err := ext.ReadTuple(raw)
	return t.Fields, t.Format, err
}

// format finds the fields of a format in the answer; nil when they are not
// there.
func (r *Result) format(number uint64) []byte {
	d, _, _ := iproto.ParseDataAll(r.body) // it was parsed before
	for f, err := range iproto.TupleFormats(d.Formats) {
		if err == nil && f.ID == number {
			return f.Fields
		}
	}
	return nil
}

// names ranges over the names of the fields.
func (t *Tuple) names() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		if t.format == nil {
			if t.info == nil {
				return
			}
			for i := range t.info.Fields {
				if !yield(i, t.info.Fields[i].Name) {
					return
				}
			}
			return
		}
		i := 0
		for name := range (iproto.TupleFormat{Fields: t.format}).Names() {
			if !yield(i, string(name)) {
				return
			}
			i++
		}
	}
}

// Field returns the field of that name, still encoded; nil when no field has the
// name, or the tuple is shorter.
func (t *Tuple) Field(name string) Value {
	for i, n := range t.names() {
		if n == name && i < t.Len() {
			return t.At(i)
		}
	}
	return nil
}

// Map returns the fields that have a name, decoded.
func (t *Tuple) Map() (map[string]any, error) {
	values, err := t.Values()
	if err != nil {
		return nil, err
	}
	m := make(map[string]any, len(values))
	for i, name := range t.names() {
		if i < len(values) && name != "" {
			m[name] = values[i]
		}
	}
	return m, nil
}
