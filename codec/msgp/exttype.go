package msgp

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// RegisterExt makes T the Go type of the extensions with number typ: AppendValue writes a T by appendTo, which
// appends the payload; Value reads such an extension by parse, and so does DecodeValue into a *T. A payload that
// parse refuses is left an Ext by Value, and is an error of DecodeValue. What parse returns must not refer to the
// payload.
//
// It goes for a T at any depth, in fields of structs as well, where msgpack/v5 does the work. (Of one place msgpack/v5
// does not ask: a time.Time in a field whose type is another name for map[string]any.) A program that has
// msgpack/v5 handle Ts elsewhere is not disturbed: only what this package encodes becomes an extension, and decoding
// takes the form of before, too.
//
// Call it from an init function: it must not run beside anything else of this package. The last call for a type or
// a number counts.
func RegisterExt[T any](typ int8, appendTo func(dst []byte, v T) ([]byte, error), parse func(payload []byte) (T, error)) {
	x := &extType{typ: typ}
	x.appendTo = func(dst []byte, v any) ([]byte, error) { return appendTo(dst, v.(T)) }
	x.parse = func(payload []byte) (any, error) { return parse(payload) }
	x.set = func(payload []byte, dst any) (err error) {
		*dst.(*T), err = parse(payload)
		return err
	}
	x.zero = func(dst any) { *dst.(*T) = *new(T) }
	extNumbers[uint8(typ)] = x
	extTypes[reflect.TypeFor[T]()] = x
	extTargets[reflect.TypeFor[*T]()] = x
	x.register(*new(T))
}

// extType is what RegisterExt was told.
type extType struct {
	typ      int8
	appendTo func(dst []byte, v any) ([]byte, error)
	parse    func(payload []byte) (any, error)
	set      func(payload []byte, dst any) error // dst is a *T
	zero     func(dst any)
}

// The registered extensions, written by init functions only.
var (
	extNumbers [256]*extType
	extTypes   = map[reflect.Type]*extType{} // by T
	extTargets = map[reflect.Type]*extType{} // by *T
)

// append appends v, a T, with its head. A nil pointer is nil.
func (x *extType) append(dst []byte, v any) ([]byte, error) {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
		return append(dst, codeNil), nil
	}
	start := len(dst)
	const room = 6 // for the longest head
	dst, err := x.appendTo(append(dst, make([]byte, room)...), v)
	if err != nil {
		return dst[:start], fmt.Errorf("msgp: encoding %T: %w", v, err)
	}
	size := len(dst) - start - room
	if uint64(size) > math.MaxUint32 {
		return dst[:start], ErrTooLong
	}
	head := AppendExtHeader(dst[:start], x.typ, size)
	return append(head, dst[start+room:]...), nil
}

// decode reads the value at the front of b, an extension of this type or nil, into dst, a *T.
func (x *extType) decode(b []byte, dst any) (n int, err error) {
	if b[0] == codeNil {
		x.zero(dst)
		return 1, nil
	}
	typ, size, n, err := ReadExtHeader(b)
	if err == nil && typ != x.typ {
		err = fmt.Errorf("msgp: extension of type %d, want %d", typ, x.typ)
	}
	if err != nil {
		return 0, err
	}
	end := n + size
	if err := x.set(b[n:end:end], dst); err != nil {
		return 0, fmt.Errorf("msgp: decoding into %T: %w", dst, err)
	}
	return end, nil
}

// register tells msgpack/v5 of the type, of which v is the zero value.
func (x *extType) register(v any) {
	switch reflect.TypeOf(v).Kind() {
	case reflect.Slice, reflect.Map: // msgpack/v5 cannot make one where any type is wanted
	default:
		msgpack.RegisterExtDecoder(x.typ, v, x.decodeField)
	}
	msgpack.Register(v, x.encode, x.decodeEither)
}

// encode writes an extension for this package, else what msgpack/v5 would have written.
func (x *extType) encode(enc *msgpack.Encoder, v reflect.Value) error {
	value := v.Interface()
	if e, ok := enc.Writer().(*encoder); ok {
		out, err := x.append(e.buf, value)
		e.buf = out
		return err
	}
	switch value := value.(type) {
	case time.Time:
		return enc.EncodeTime(value)
	case encoding.BinaryMarshaler:
		b, err := value.MarshalBinary()
		if err != nil {
			return err
		}
		return enc.EncodeBytes(b)
	}
	b, err := x.append(nil, value)
	if err != nil {
		return err
	}
	_, err = enc.Writer().Write(b)
	return err
}

// decodeEither reads an extension, or what msgpack/v5 writes for such a type on its own.
func (x *extType) decodeEither(dec *msgpack.Decoder, v reflect.Value) error {
	raw, err := dec.DecodeRaw()
	if err != nil {
		return err
	}
	if !v.CanAddr() {
		return fmt.Errorf("msgp: decoding into %v, which has no address", v.Type())
	}
	dst := v.Addr().Interface()
	if typ, _, _, err := ReadExtHeader(raw); raw[0] == codeNil || err == nil && typ == x.typ {
		_, err := x.decode(raw, dst)
		return err
	}
	switch dst := dst.(type) {
	case *time.Time:
		var other time.Time
		err := decode(raw, func(dec *msgpack.Decoder) (err error) {
			other, err = dec.DecodeTime()
			return err
		})
		*dst = other
		return err
	case encoding.BinaryUnmarshaler:
		b, _, err := readTextOrNil(raw)
		if err != nil {
			return err
		}
		return dst.UnmarshalBinary(slices.Clone(b))
	}
	_, err = x.decode(raw, dst)
	return err
}

// errExtLength is the error of a decoder of msgpack/v5 that was told of more bytes than may be read.
var errExtLength = errors.New("msgp: extension too long")

// decodeField reads a payload for msgpack/v5 where a value of any type is wanted.
func (x *extType) decodeField(dec *msgpack.Decoder, v reflect.Value, size int) error {
	const piece = 64 << 10
	if size < 0 {
		return errExtLength
	}
	payload := make([]byte, 0, min(size, piece))
	for len(payload) < size { // memory grows with what is there, not with what is announced
		start := len(payload)
		payload = append(payload, make([]byte, min(size-start, piece))...)
		if err := dec.ReadFull(payload[start:]); err != nil {
			return err
		}
	}
	value, err := x.parse(payload)
	if err == nil {
		v.Set(reflect.ValueOf(value))
	}
	return err
}
