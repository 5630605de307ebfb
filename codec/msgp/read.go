package msgp

import (
	"encoding/binary"
	"math"
)

// ReadNil reads nil.
func ReadNil(b []byte) (n int, err error) {
	if len(b) > 0 && b[0] == codeNil {
		return 1, nil
	}
	return 0, mismatch(KindNil, b)
}

// ReadBool reads a boolean.
func ReadBool(b []byte) (v bool, n int, err error) {
	if len(b) > 0 && (b[0] == codeTrue || b[0] == codeFalse) {
		return b[0] == codeTrue, 1, nil
	}
	return false, 0, mismatch(KindBool, b)
}

// ReadUint reads an integer that is not negative, of any width. The signed forms are a *TypeError even when their
// value is not negative, as in Tarantool.
func ReadUint(b []byte) (v uint64, n int, err error) {
	if len(b) > 0 && b[0] <= 0x7f {
		return uint64(b[0]), 1, nil
	}
	return readWideUint(b)
}

func readWideUint(b []byte) (v uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, ErrTruncated
	}
	switch c := b[0]; {
	case c == codeUint8 && len(b) >= 2:
		return uint64(b[1]), 2, nil
	case c == codeUint16 && len(b) >= 3:
		return uint64(binary.BigEndian.Uint16(b[1:])), 3, nil
	case c == codeUint32 && len(b) >= 5:
		return uint64(binary.BigEndian.Uint32(b[1:])), 5, nil
	case c == codeUint64 && len(b) >= 9:
		return binary.BigEndian.Uint64(b[1:]), 9, nil
	case c >= codeUint8 && c <= codeUint64:
		return 0, 0, ErrTruncated
	}
	return 0, 0, mismatch(KindUint, b)
}

// ReadInt reads an integer of any form and width. One above MaxInt64 is ErrRange; n then still tells its size.
func ReadInt(b []byte) (v int64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, ErrTruncated
	}
	switch c := b[0]; {
	case c >= codeNegative:
		return int64(int8(c)), 1, nil
	case c == codeInt8 && len(b) >= 2:
		return int64(int8(b[1])), 2, nil
	case c == codeInt16 && len(b) >= 3:
		return int64(int16(binary.BigEndian.Uint16(b[1:]))), 3, nil
	case c == codeInt32 && len(b) >= 5:
		return int64(int32(binary.BigEndian.Uint32(b[1:]))), 5, nil
	case c == codeInt64 && len(b) >= 9:
		return int64(binary.BigEndian.Uint64(b[1:])), 9, nil
	case c >= codeInt8 && c <= codeInt64:
		return 0, 0, ErrTruncated
	case KindOf(c) != KindUint:
		return 0, 0, mismatch(KindInt, b)
	}
	u, n, err := ReadUint(b)
	if err == nil && u > math.MaxInt64 {
		return 0, n, ErrRange
	}
	return int64(u), n, err
}

// ReadFloat64 reads a floating point number of either width. Integers are a *TypeError.
func ReadFloat64(b []byte) (v float64, n int, err error) {
	switch {
	case len(b) >= 9 && b[0] == codeFloat64:
		return math.Float64frombits(binary.BigEndian.Uint64(b[1:])), 9, nil
	case len(b) >= 5 && b[0] == codeFloat32:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b[1:]))), 5, nil
	case len(b) > 0 && KindOf(b[0]) == KindFloat:
		return 0, 0, ErrTruncated
	}
	return 0, 0, mismatch(KindFloat, b)
}

// ReadString reads a string. The result is a view of b: it is valid as long as b is not overwritten.
func ReadString(b []byte) (s []byte, n int, err error) {
	if len(b) > 0 && b[0]&^0x1f == codeFixStr {
		n = 1 + int(b[0]&0x1f)
		if n <= len(b) {
			return b[1:n:n], n, nil
		}
		return nil, 0, ErrTruncated
	}
	return readBytes(b, KindString)
}

// ReadBin reads binary data. The result is a view of b: it is valid as long as b is not overwritten.
func ReadBin(b []byte) (v []byte, n int, err error) { return readBytes(b, KindBin) }

// readBytes reads a str or bin with a separate length.
func readBytes(b []byte, want Kind) (v []byte, n int, err error) {
	if len(b) == 0 || KindOf(b[0]) != want {
		return nil, 0, mismatch(want, b)
	}
	size, n, ok := readLen(b)
	if !ok || size > uint64(len(b)-n) {
		return nil, 0, ErrTruncated
	}
	end := n + int(size)
	return b[n:end:end], end, nil
}

// ReadArrayHeader reads the head of an array: count values follow. A count that the rest of b cannot hold (each
// value takes at least one byte) is ErrTruncated, so count may size an allocation.
func ReadArrayHeader(b []byte) (count, n int, err error) {
	if len(b) > 0 && b[0]&^0x0f == codeFixArray {
		return checkCount(uint64(b[0]&0x0f), 1, 1, b)
	}
	if len(b) == 0 || KindOf(b[0]) != KindArray {
		return 0, 0, mismatch(KindArray, b)
	}
	size, n, ok := readLen(b)
	if !ok {
		return 0, 0, ErrTruncated
	}
	return checkCount(size, n, 1, b)
}

// ReadMapHeader reads the head of a map: count keys and as many values follow. A count that the rest of b cannot
// hold is ErrTruncated.
func ReadMapHeader(b []byte) (count, n int, err error) {
	if len(b) > 0 && b[0]&^0x0f == codeFixMap {
		return checkCount(uint64(b[0]&0x0f), 1, 2, b)
	}
	if len(b) == 0 || KindOf(b[0]) != KindMap {
		return 0, 0, mismatch(KindMap, b)
	}
	size, n, ok := readLen(b)
	if !ok {
		return 0, 0, ErrTruncated
	}
	return checkCount(size, n, 2, b)
}

// checkCount refuses a count whose values, at one byte each, would not fit into the rest of b.
func checkCount(count uint64, n int, each uint64, b []byte) (int, int, error) {
	if count*each > uint64(len(b)-n) {
		return 0, 0, ErrTruncated
	}
	return int(count), n, nil
}

// ReadExtHeader reads the head of an extension: size bytes of payload follow it in b. A size that the rest of b
// cannot hold is ErrTruncated.
func ReadExtHeader(b []byte) (typ int8, size, n int, err error) {
	if len(b) == 0 || KindOf(b[0]) != KindExt {
		return 0, 0, 0, mismatch(KindExt, b)
	}
	long := uint64(0)
	switch c := b[0]; {
	case c >= codeFixExt1:
		long, n = 1<<(c-codeFixExt1), 1
	default:
		var ok bool
		if long, n, ok = readLen(b); !ok {
			return 0, 0, 0, ErrTruncated
		}
	}
	if n >= len(b) || long > uint64(len(b)-n-1) {
		return 0, 0, 0, ErrTruncated
	}
	return int8(b[n]), int(long), n + 1, nil
}

// readLen reads the 8, 16 or 32 bit length after the code at the front of b, which is not empty.
func readLen(b []byte) (size uint64, n int, ok bool) {
	switch lengthWidth[b[0]] {
	case 0:
		return uint64(b[0] & 0x1f), 1, true
	case 1:
		if len(b) >= 2 {
			return uint64(b[1]), 2, true
		}
	case 2:
		if len(b) >= 3 {
			return uint64(binary.BigEndian.Uint16(b[1:])), 3, true
		}
	case 4:
		if len(b) >= 5 {
			return uint64(binary.BigEndian.Uint32(b[1:])), 5, true
		}
	}
	return 0, 0, false
}

// lengthWidth gives the bytes of the separate length after a code, 0 for codes that have none.
var lengthWidth = [256]uint8{
	codeBin8: 1, codeBin16: 2, codeBin32: 4,
	codeExt8: 1, codeExt16: 2, codeExt32: 4,
	codeStr8: 1, codeStr16: 2, codeStr32: 4,
	codeArray16: 2, codeArray32: 4,
	codeMap16: 2, codeMap32: 4,
}
