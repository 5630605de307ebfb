package msgp

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// DecodeValue reads the value at the front of b into *dst and returns its size.
//
//	*any                                 as Value; *dst must not hold a pointer that should be followed
//	*Raw                                 a copy of the value's bytes
//	*int, *int64, *uint64, *float64,     the value; integers that do not fit are ErrRange, nil leaves zero
//	the other integers, *bool            (strings and binaries fill either of the last two)
//	*string, *[]byte
//	*T that RegisterExt was told of      an extension; nil leaves the zero value
//	anything else                        as msgpack/v5 does it, with loose interface decoding
//
// A struct with the tag as_array takes an array with as many elements as it has fields. Inside structs, a field of
// type any cannot take an extension that is not registered, here or with msgpack/v5; use Raw or Ext for such fields.
//
// Nothing in the result refers to b. A decoder that panics is turned into an error. The errors of Value apply.
func DecodeValue(b []byte, dst any) (n int, err error) {
	if len(b) == 0 {
		return 0, ErrTruncated
	}
	switch dst := dst.(type) {
	case *any:
		if dst != nil {
			*dst, n, err = Value(b)
			return n, err
		}
	case *int64:
		if dst != nil {
			*dst, n, err = readIntOrNil(b, 64)
			return n, err
		}
	case *int:
		if dst != nil {
			v, n, err := readIntOrNil(b, intBits)
			*dst = int(v)
			return n, err
		}
	}
	return decodeRest(b, dst)
}

const intBits = 32 << (^uint(0) >> 63)

// decodeRest is DecodeValue for the other types.
func decodeRest(b []byte, dst any) (n int, err error) {
	switch dst := dst.(type) {
	case *string:
		if dst != nil {
			v, n, err := readTextOrNil(b)
			*dst = string(v)
			return n, err
		}
	case *[]byte:
		if dst != nil {
			v, n, err := readTextOrNil(b)
			*dst = bytes.Clone(v)
			return n, err
		}
	case *uint64:
		if dst != nil {
			*dst, n, err = orNil(ReadUint)(b)
			return n, err
		}
	case *bool:
		if dst != nil {
			*dst, n, err = orNil(ReadBool)(b)
			return n, err
		}
	case *float64:
		if dst != nil {
			*dst, n, err = orNil(readNumber)(b)
			return n, err
		}
	case *Raw:
		if dst != nil {
			if n, err = Skip(b); err != nil {
				return 0, err
			}
			*dst = bytes.Clone(b[:n])
			return n, nil
		}
	}
	if n, done, err := decodeSmall(b, dst); done {
		return n, err
	}
	if x := extTargets[reflect.TypeOf(dst)]; x != nil && (b[0] == codeNil || KindOf(b[0]) == KindExt) {
		if reflect.ValueOf(dst).IsNil() {
			return 0, errNilTarget
		}
		return x.decode(b, dst)
	}
	return decodeOther(b, dst)
}

// orNil lets a reader take nil for its zero value.
func orNil[T any](read func([]byte) (T, int, error)) func([]byte) (T, int, error) {
	return func(b []byte) (v T, n int, err error) {
		if b[0] == codeNil {
			return v, 1, nil
		}
		return read(b)
	}
}

func readIntOrNil(b []byte, bits int) (v int64, n int, err error) {
	if b[0] == codeNil {
		return 0, 1, nil
	}
	v, n, err = ReadInt(b)
	if err != nil {
		return 0, 0, err
	}
	if bits == 32 && (v < math.MinInt32 || v > math.MaxInt32) {
		return 0, 0, ErrRange
	}
	return v, n, nil
}

// readTextOrNil reads a string, a binary or nil.
func readTextOrNil(b []byte) (v []byte, n int, err error) {
	switch KindOf(b[0]) {
	case KindNil:
		return nil, 1, nil
	case KindBin:
		return ReadBin(b)
	}
	return ReadString(b)
}

// readNumber reads any number as a float64.
func readNumber(b []byte) (v float64, n int, err error) {
	switch KindOf(b[0]) {
	case KindUint:
		u, n, err := ReadUint(b)
		return float64(u), n, err
	case KindInt:
		i, n, err := ReadInt(b)
		return float64(i), n, err
	}
	return ReadFloat64(b)
}

// decoder is a msgpack/v5 decoder together with the reader it reads from.
type decoder struct {
	src bytes.Reader
	dec *msgpack.Decoder
}

var decoders = sync.Pool{New: func() any {
	d := new(decoder)
	d.dec = msgpack.NewDecoder(&d.src)
	return d
}}

// decode runs one decoding of exactly b. A decoder that panicked is not used again.
func decode(b []byte, run func(*msgpack.Decoder) error) (err error) {
	d := decoders.Get().(*decoder)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("msgp: decoding panicked: %v", p)
			return
		}
		d.src.Reset(nil)
		decoders.Put(d)
	}()
	d.src.Reset(b)
	d.dec.Reset(&d.src)
	d.dec.UseLooseInterfaceDecoding(true)
	return run(d.dec)
}

// decodeOther leaves the value to msgpack/v5, after it has been checked to be whole and not too deep.
func decodeOther(b []byte, dst any) (n int, err error) {
	if n, err = skipShallow(b); err != nil {
		return 0, err
	}
	err = decode(b[:n], func(dec *msgpack.Decoder) error { return dec.Decode(dst) })
	if err != nil {
		return 0, fmt.Errorf("msgp: decoding into %T: %w", dst, err)
	}
	return n, nil
}

// registeredExt decodes an extension that msgpack/v5 has a decoder for.
func registeredExt(b []byte) (v any, ok bool) {
	err := decode(b, func(dec *msgpack.Decoder) (err error) {
		v, err = dec.DecodeInterface()
		return err
	})
	return v, err == nil
}

// hashable tells whether key may be used in a map.
func hashable(key any) bool {
	switch key.(type) {
	case nil, bool, int64, uint64, float64, string:
		return true
	}
	return reflect.ValueOf(key).Comparable()
}
