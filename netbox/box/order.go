package box

import (
	"bytes"
	"cmp"
	"math"
	"math/big"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/msgp"
)

// compareKeys compares the values of two keys, part by part, as far as both
// go.
func compareKeys(a, b *Args) int {
	for i := range min(a.Len(), b.Len()) {
		if c := compareValues(a.At(i), b.At(i)); c != 0 {
			return c
		}
	}
	return 0
}

// compareValues orders two encoded values as an index of Tarantool does that
// has no collation: nil before truth values, then numbers whatever their kind,
// strings, binaries, and extensions by their type. What no index is ordered by
// is compared byte by byte.
func compareValues(a, b []byte) int {
	ra, rb := rank(a), rank(b)
	switch {
	case ra != rb:
		return cmp.Compare(ra, rb)
	case ra == rankNumber:
		return compareNumbers(a, b)
	case ra == rankText:
		x, _, _ := msgp.ReadString(a)
		y, _, _ := msgp.ReadString(b)
		return bytes.Compare(x, y)
	case ra == rankBinary:
		x, _, _ := msgp.ReadBin(a)
		y, _, _ := msgp.ReadBin(b)
		return bytes.Compare(x, y)
	case ra == rankExt+int(ext.TypeDatetime):
		x, _, errX := ext.ReadDatetime(a)
		y, _, errY := ext.ReadDatetime(b)
		if errX == nil && errY == nil {
			return cmp.Or(cmp.Compare(x.Seconds, y.Seconds), cmp.Compare(x.Nsec, y.Nsec))
		}
	}
	return bytes.Compare(a, b)
}

// The ranks of values of several kinds in one index; extensions have one for
// each type.
const (
	rankNil = iota
	rankBool
	rankNumber
	rankText
	rankBinary
	rankOther
	rankExt = 256
)

func rank(v []byte) int {
	switch msgp.KindOf(v[0]) {
	case msgp.KindNil:
		return rankNil
	case msgp.KindBool:
		return rankBool
	case msgp.KindUint, msgp.KindInt, msgp.KindFloat:
		return rankNumber
	case msgp.KindString:
		return rankText
	case msgp.KindBin:
		return rankBinary
	case msgp.KindExt:
		typ, _, _, _ := msgp.ReadExtHeader(v)
		if typ == ext.TypeDecimal {
			return rankNumber
		}
		return rankExt + int(typ)
	}
	return rankOther
}

// compareNumbers compares integers, floating point numbers and decimals by
// their value. NaN is below all others.
func compareNumbers(a, b []byte) int {
	if x, _, err := msgp.ReadInt(a); err == nil {
		if y, _, err := msgp.ReadInt(b); err == nil {
			return cmp.Compare(x, y)
		}
	}
	x, beyondX := exactly(a)
	y, beyondY := exactly(b)
	if beyondX != 0 || beyondY != 0 {
		return cmp.Compare(beyondX, beyondY)
	}
	return x.Cmp(y)
}

// exactly returns the value of a number. One that is none of the finite ones
// has a place beyond them: 1 is above, -1 below, and -2, which is NaN's, below
// that.
func exactly(v []byte) (r *big.Rat, beyond int) {
	switch msgp.KindOf(v[0]) {
	case msgp.KindUint:
		u, _, _ := msgp.ReadUint(v)
		return new(big.Rat).SetUint64(u), 0
	case msgp.KindInt:
		i, _, _ := msgp.ReadInt(v)
		return new(big.Rat).SetInt64(i), 0
	case msgp.KindFloat:
		f, _, _ := msgp.ReadFloat64(v)
		switch {
		case math.IsNaN(f):
			return nil, -2
		case math.IsInf(f, 0):
			return nil, int(math.Copysign(1, f))
		}
		return new(big.Rat).SetFloat64(f), 0
	}
	d, _, err := ext.ReadDecimal(v)
	if err != nil {
		return nil, -2
	}
	return d.Rat(), 0
}
