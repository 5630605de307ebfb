package msgp

import (
	"fmt"
	"math"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// AppendValue appends any Go value.
//
//	nil, bool, every int, uint and float, string   their MessagePack form; integers in the shortest one
//	[]byte                                         bin; nil for a nil slice
//	[]any, []int, []string                         array; nil for a nil slice
//	map[string]any                                 map in no particular order; nil for a nil map
//	Raw, Ext                                       as they are
//	types that RegisterExt was told of             the extension
//	anything else                                  as msgpack/v5 does it with compact integers: struct tags,
//	                                               CustomEncoder, Marshaler, registered extensions, time.Time
//
// On an error dst comes back with its original length (it may have been reallocated). An encoder that panics is
// turned into an error; a string, slice or map above 4 GiB is ErrTooLong; slices and maps nested deeper than
// MaxDepth are ErrDepth, but a cycle through pointers that msgpack/v5 follows is the caller's mistake.
//
// The interface v is not kept, though what it points to is considered to escape: passing args[i] from a local
// []any does not move args to the heap.
func AppendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, codeNil), nil
	case int:
		return AppendInt(dst, int64(v)), nil
	case string:
		if uint64(len(v)) > math.MaxUint32 {
			return dst, ErrTooLong
		}
		return AppendString(dst, v), nil
	case bool:
		return AppendBool(dst, v), nil
	case int64:
		return AppendInt(dst, v), nil
	case uint64:
		return AppendUint(dst, v), nil
	case float64:
		return AppendFloat64(dst, v), nil
	}
	return appendRest(dst, v, 0)
}

// appendRest is AppendValue for the types that come up less often; depth counts the containers around v.
func appendRest(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case int32:
		return AppendInt(dst, int64(v)), nil
	case int16:
		return AppendInt(dst, int64(v)), nil
	case int8:
		return AppendInt(dst, int64(v)), nil
	case uint:
		return AppendUint(dst, uint64(v)), nil
	case uint32:
		return AppendUint(dst, uint64(v)), nil
	case uint16:
		return AppendUint(dst, uint64(v)), nil
	case uint8:
		return AppendUint(dst, uint64(v)), nil
	case float32:
		return AppendFloat32(dst, v), nil
	case Raw:
		return appendRaw(dst, v)
	case Ext:
		return appendExt(dst, v)
	case []byte:
		return appendBytes(dst, v)
	case []any:
		return appendAnys(dst, v, depth)
	case map[string]any:
		return appendMap(dst, v, depth)
	case []int:
		return appendInts(dst, v)
	case []string:
		return appendStrings(dst, v)
	}
	return appendOther(dst, v)
}

func appendRaw(dst []byte, v Raw) ([]byte, error) {
	switch {
	case v == nil:
		return append(dst, codeNil), nil
	case !v.valid():
		return dst, ErrRaw
	}
	return append(dst, v...), nil
}

func appendExt(dst []byte, v Ext) ([]byte, error) {
	if uint64(len(v.Data)) > math.MaxUint32 {
		return dst, ErrTooLong
	}
	return append(AppendExtHeader(dst, v.Type, len(v.Data)), v.Data...), nil
}

func appendBytes(dst, v []byte) ([]byte, error) {
	switch {
	case v == nil:
		return append(dst, codeNil), nil
	case uint64(len(v)) > math.MaxUint32:
		return dst, ErrTooLong
	}
	return AppendBin(dst, v), nil
}

// appendElement is AppendValue below depth containers.
func appendElement(dst []byte, v any, depth int) ([]byte, error) {
	switch v.(type) {
	case []any, map[string]any:
		return appendRest(dst, v, depth)
	}
	return AppendValue(dst, v)
}

// openContainer checks what every container must: that it is there, countable and not too deep.
func openContainer(dst []byte, absent bool, count, depth int) ([]byte, bool, error) {
	switch {
	case absent:
		return append(dst, codeNil), true, nil
	case uint64(count) > math.MaxUint32:
		return dst, true, ErrTooLong
	case depth >= MaxDepth:
		return dst, true, ErrDepth
	}
	return dst, false, nil
}

func appendAnys(dst []byte, v []any, depth int) ([]byte, error) {
	start := len(dst)
	dst, done, err := openContainer(dst, v == nil, len(v), depth)
	if done {
		return dst, err
	}
	dst = AppendArrayHeader(dst, len(v))
	for i := range v {
		if dst, err = appendElement(dst, v[i], depth+1); err != nil {
			return dst[:start], err
		}
	}
	return dst, nil
}

func appendMap(dst []byte, v map[string]any, depth int) ([]byte, error) {
	start := len(dst)
	dst, done, err := openContainer(dst, v == nil, len(v), depth)
	if done {
		return dst, err
	}
	dst = AppendMapHeader(dst, len(v))
	for key, value := range v {
		if uint64(len(key)) > math.MaxUint32 {
			return dst[:start], ErrTooLong
		}
		dst = AppendString(dst, key)
		if dst, err = appendElement(dst, value, depth+1); err != nil {
			return dst[:start], err
		}
	}
	return dst, nil
}

func appendInts(dst []byte, v []int) ([]byte, error) {
	dst, done, err := openContainer(dst, v == nil, len(v), 0)
	if done {
		return dst, err
	}
	dst = AppendArrayHeader(dst, len(v))
	for _, x := range v {
		dst = AppendInt(dst, int64(x))
	}
	return dst, nil
}

func appendStrings(dst []byte, v []string) ([]byte, error) {
	start := len(dst)
	dst, done, err := openContainer(dst, v == nil, len(v), 0)
	if done {
		return dst, err
	}
	dst = AppendArrayHeader(dst, len(v))
	for _, s := range v {
		if uint64(len(s)) > math.MaxUint32 {
			return dst[:start], ErrTooLong
		}
		dst = AppendString(dst, s)
	}
	return dst, nil
}

// encoder is a msgpack/v5 encoder together with the writer it appends through.
type encoder struct {
	buf []byte
	enc *msgpack.Encoder
}

// Write and WriteByte append to buf; they are what the encoder sees of it.
func (e *encoder) Write(p []byte) (int, error) {
	e.buf = append(e.buf, p...)
	return len(p), nil
}

// WriteByte appends one byte.
func (e *encoder) WriteByte(c byte) error {
	e.buf = append(e.buf, c)
	return nil
}

var encoders = sync.Pool{New: func() any {
	e := new(encoder)
	e.enc = msgpack.NewEncoder(e)
	return e
}}

// Inside what is left to msgpack/v5 the maps of this type are not: it would not ask for the extensions of their values.
func init() {
	msgpack.Register(map[string]any(nil), encodeMap, nil)
}

var mapType = reflect.TypeFor[map[string]any]()

// plainMap is a map[string]any that msgpack/v5 encodes in its own way.
type plainMap map[string]any

func encodeMap(enc *msgpack.Encoder, v reflect.Value) error {
	m := v.Interface().(map[string]any)
	e, ok := enc.Writer().(*encoder)
	if !ok {
		return enc.Encode(plainMap(m))
	}
	out, err := appendMap(e.buf, m, 0)
	e.buf = out
	return err
}

// appendOther leaves v to its extension, or to msgpack/v5. An encoder that failed or panicked is not used again.
func appendOther(dst []byte, v any) (out []byte, err error) {
	typ := reflect.TypeOf(v)
	if x := extTypes[typ]; x != nil {
		return x.append(dst, v)
	}
	if typ.Kind() == reflect.Map && typ.NumMethod() == 0 && typ.ConvertibleTo(mapType) {
		return appendMap(dst, reflect.ValueOf(v).Convert(mapType).Interface().(map[string]any), 0)
	}
	start := len(dst)
	e := encoders.Get().(*encoder)
	e.buf = dst
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("msgp: encoding %T panicked: %v", v, p)
		}
		out = e.buf
		if err != nil {
			out = dst[:start]
			return
		}
		e.buf = nil
		encoders.Put(e)
	}()
	e.enc.Reset(e)
	e.enc.UseCompactInts(true)
	if err = e.enc.Encode(v); err != nil {
		return nil, fmt.Errorf("msgp: encoding %T: %w", v, err)
	}
	return nil, nil
}
