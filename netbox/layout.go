package netbox

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/kharon-net/kharon/codec/msgp"
)

// A layout is how the fields of a struct lie in a tuple: those that msgpack/v5
// encodes, in its order.
type layout struct {
	columns []column
	names   []string // taken
}

// A column is the field of a struct for a field of a tuple.
type column struct {
	name  string
	index []int        // as reflect.Value.FieldByIndex takes it
	kind  reflect.Kind // of a basic type; Invalid: it is none
	elem  reflect.Type // the basic type that a pointer points to; nil: it is none
}

// layouts are those found so far, by type; nil for types without one.
var layouts sync.Map

// layoutOf returns the layout of a type; nil when it is no struct, when it decodes
// itself, or when it has what only msgpack/v5 knows how to treat.
func layoutOf(typ reflect.Type) *layout {
	if known, ok := layouts.Load(typ); ok {
		return known.(*layout)
	}
	l := &layout{}
	if typ.Kind() != reflect.Struct || decodesItself(typ) || !l.add(typ, nil) {
		l = nil
	}
	layouts.Store(typ, l)
	return l
}

// layoutFor is layoutOf for what tuples are decoded into.
func layoutFor[T any]() *layout {
	if _, ok := any((*T)(nil)).(TupleDecoder); ok {
		return nil
	}
	return layoutOf(reflect.TypeFor[T]())
}

// maxEmbedded is how deep structs may be embedded: one may embed a pointer to
// itself.
const maxEmbedded = 16

// add adds the fields of a struct, which is embedded at index. It reports whether
// it could.
func (l *layout) add(typ reflect.Type, index []int) bool {
	if len(index) > maxEmbedded {
		return false
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("msgpack"), ",")
		if name == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if name == "" {
			name = f.Name
		}
		for option := range strings.SplitSeq(options, ",") {
			if option == "intern" || option == "inline" || option == "noinline" || strings.HasPrefix(option, "alias") {
				return false
			}
		}
		index := append(slices.Clone(index), i)
		if f.Anonymous && l.embed(f, index) {
			l.names = append(l.names, name)
			continue
		}
		if !f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Pointer {
			return false
		}
		c := column{name: name, index: index}
		if isBasic(f.Type) {
			c.kind = f.Type.Kind()
		}
		if f.Type.Kind() == reflect.Pointer && isBasic(f.Type.Elem()) {
			c.elem = f.Type.Elem()
		}
		l.columns, l.names = append(l.columns, c), append(l.names, name)
	}
	return true
}

// embed puts the fields of an embedded struct, or of a pointer to one, into its
// place, unless one of their names is taken. It reports whether it did.
func (l *layout) embed(f reflect.StructField, index []int) bool {
	inner, typ := &layout{}, f.Type
	if typ.Kind() == reflect.Pointer && f.IsExported() {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || decodesItself(typ) || !inner.add(typ, index) {
		return false
	}
	for _, c := range inner.columns {
		if slices.Contains(l.names, c.name) {
			return false
		}
	}
	l.columns = append(l.columns, inner.columns...)
	for _, c := range inner.columns {
		l.names = append(l.names, c.name)
	}
	return true
}

// decode decodes the tuple at the front of b into v, a struct, and returns its
// size. Fields that the tuple does not have are zero, those that the struct does
// not have are skipped.
func (l *layout) decode(b []byte, v reflect.Value) (n int, err error) {
	count, n, err := msgp.ReadArrayHeader(b)
	if err != nil {
		return 0, err
	}
	v.SetZero() // so that nothing of what was there is used again
	for i := range count {
		size := 0
		if i < len(l.columns) {
			size, err = l.columns[i].decode(b[n:], v)
		} else {
			size, err = msgp.Skip(b[n:])
		}
		if err != nil {
			return 0, l.failed(i, err)
		}
		n += size
	}
	return n, nil
}

func (l *layout) failed(i int, err error) error {
	if i < len(l.columns) {
		return fmt.Errorf("field %d, %s: %w", i, l.columns[i].name, err)
	}
	return fmt.Errorf("field %d: %w", i, err)
}

// decode decodes the value at the front of b into the column's field of v.
func (c *column) decode(b []byte, v reflect.Value) (n int, err error) {
	for _, i := range c.index {
		if v.Kind() == reflect.Pointer { // embedded
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	if n := setBasic(b, v, c.kind); n > 0 {
		return n, nil
	}
	if c.elem != nil {
		if len(b) > 0 && msgp.KindOf(b[0]) == msgp.KindNil {
			return 1, nil
		}
		p := reflect.New(c.elem)
		v.Set(p)
		return msgp.DecodeValue(b, p.Interface())
	}
	return msgp.DecodeValue(b, v.Addr().Interface())
}

// append appends the fields of v, a struct, as an array.
func (l *layout) append(dst []byte, v reflect.Value) ([]byte, error) {
	start := len(dst)
	dst = msgp.AppendArrayHeader(dst, len(l.columns))
	for _, c := range l.columns {
		var field any
		if f, err := v.FieldByIndexErr(c.index); err == nil { // else the embedded pointer is nil
			field = f.Interface()
		}
		var err error
		if dst, err = msgp.AppendValue(dst, field); err != nil {
			return dst[:start], fmt.Errorf("field %s: %w", c.name, err)
		}
	}
	return dst, nil
}

// setBasic sets v to the value at the front of b and returns its size, when it is
// of the kinds that are easy: 0 when it is not.
func setBasic(b []byte, v reflect.Value, kind reflect.Kind) (n int) {
	switch kind {
	case reflect.String:
		if s, n, err := msgp.ReadString(b); err == nil {
			v.SetString(string(s))
			return n
		}
	case reflect.Int, reflect.Int64, reflect.Int32:
		if i, n, err := msgp.ReadInt(b); err == nil && !v.OverflowInt(i) {
			v.SetInt(i)
			return n
		}
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		if u, n, err := msgp.ReadUint(b); err == nil && !v.OverflowUint(u) {
			v.SetUint(u)
			return n
		}
	}
	return 0
}

// isBasic reports whether a type is one of the language's own that have one
// value.
func isBasic(typ reflect.Type) bool {
	kind := typ.Kind()
	return typ.PkgPath() == "" && (kind >= reflect.Bool && kind <= reflect.Float64 || kind == reflect.String)
}

// selfDecoders are the interfaces of types that msgpack/v5 lets decode
// themselves.
var selfDecoders = []reflect.Type{
	reflect.TypeFor[msgpack.CustomDecoder](), reflect.TypeFor[msgpack.Unmarshaler](),
	reflect.TypeFor[encoding.BinaryUnmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
}

func decodesItself(typ reflect.Type) bool {
	return slices.ContainsFunc(selfDecoders, reflect.PointerTo(typ).Implements)
}

// selfEncoders are those of types that it lets encode themselves.
var selfEncoders = []reflect.Type{
	reflect.TypeFor[msgpack.CustomEncoder](), reflect.TypeFor[msgpack.Marshaler](),
	reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.TextMarshaler](),
}

func encodesItself(typ reflect.Type) bool {
	return slices.ContainsFunc(selfEncoders, reflect.PointerTo(typ).Implements)
}
