package msgp

import (
	"encoding/binary"
	"math"
)

// AppendNil appends nil: c0.
func AppendNil(dst []byte) []byte { return append(dst, codeNil) }

// AppendBool appends c2 or c3.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, codeTrue)
	}
	return append(dst, codeFalse)
}

// AppendUint appends v in its shortest form, 1 to 9 bytes.
func AppendUint(dst []byte, v uint64) []byte {
	if v <= 0x7f {
		return append(dst, byte(v))
	}
	return appendWideUint(dst, v)
}

func appendWideUint(dst []byte, v uint64) []byte {
	switch {
	case v <= math.MaxUint8:
		return append(dst, codeUint8, byte(v))
	case v <= math.MaxUint16:
		return append(dst, codeUint16, byte(v>>8), byte(v))
	case v <= math.MaxUint32:
		return append(dst, codeUint32, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, codeUint64), v)
}

// AppendInt appends v in its shortest form, 1 to 9 bytes. What is not negative takes the unsigned forms.
func AppendInt(dst []byte, v int64) []byte {
	switch {
	case v >= 0:
		return AppendUint(dst, uint64(v))
	case v >= -32:
		return append(dst, byte(v))
	case v >= math.MinInt8:
		return append(dst, codeInt8, byte(v))
	case v >= math.MinInt16:
		return append(dst, codeInt16, byte(v>>8), byte(v))
	case v >= math.MinInt32:
		return append(dst, codeInt32, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, codeInt64), uint64(v))
}

// AppendFloat64 appends v in 9 bytes, whatever its value.
func AppendFloat64(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, codeFloat64), math.Float64bits(v))
}

// AppendFloat32 appends v in 5 bytes.
func AppendFloat32(dst []byte, v float32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, codeFloat32), math.Float32bits(v))
}

// AppendString appends the string s. The longest that MessagePack can carry is 4 GiB - 1; AppendValue checks it,
// AppendString leaves it to the caller.
func AppendString(dst []byte, s string) []byte {
	return append(AppendStringHeader(dst, len(s)), s...)
}

// AppendStringBytes is AppendString for text that is held in a byte slice.
func AppendStringBytes(dst, s []byte) []byte {
	return append(AppendStringHeader(dst, len(s)), s...)
}

// AppendStringHeader appends the head of a string of n bytes, which the caller appends next.
func AppendStringHeader(dst []byte, n int) []byte {
	switch {
	case n < 32:
		return append(dst, codeFixStr|byte(n))
	case n <= math.MaxUint8:
		return append(dst, codeStr8, byte(n))
	}
	return appendLen(dst, codeStr16, n)
}

// AppendBin appends b as binary data. Like strings, at most 4 GiB - 1.
func AppendBin(dst, b []byte) []byte {
	if len(b) <= math.MaxUint8 {
		dst = append(dst, codeBin8, byte(len(b)))
	} else {
		dst = appendLen(dst, codeBin16, len(b))
	}
	return append(dst, b...)
}

// AppendArrayHeader appends the head of an array of n values, which the caller appends next.
func AppendArrayHeader(dst []byte, n int) []byte {
	if n < 16 {
		return append(dst, codeFixArray|byte(n))
	}
	return appendLen(dst, codeArray16, n)
}

// AppendMapHeader appends the head of a map of n pairs; the caller appends key, value, key, value, …
func AppendMapHeader(dst []byte, n int) []byte {
	if n < 16 {
		return append(dst, codeFixMap|byte(n))
	}
	return appendLen(dst, codeMap16, n)
}

// AppendExtHeader appends the head of an extension of the given type; the caller appends its n bytes next.
func AppendExtHeader(dst []byte, typ int8, n int) []byte {
	switch n {
	case 1:
		return append(dst, codeFixExt1, byte(typ))
	case 2:
		return append(dst, codeFixExt2, byte(typ))
	case 4:
		return append(dst, codeFixExt4, byte(typ))
	case 8:
		return append(dst, codeFixExt8, byte(typ))
	case 16:
		return append(dst, codeFixExt16, byte(typ))
	}
	if n <= math.MaxUint8 {
		return append(dst, codeExt8, byte(n), byte(typ))
	}
	return append(appendLen(dst, codeExt16, n), byte(typ))
}

// appendLen appends a length in 16 or 32 bits. The 32-bit code of every family follows its 16-bit code.
func appendLen(dst []byte, code16 byte, n int) []byte {
	if n <= math.MaxUint16 {
		return append(dst, code16, byte(n>>8), byte(n))
	}
	return append(dst, code16+1, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
