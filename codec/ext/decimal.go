package ext

import (
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/kharon-net/kharon/codec/msgp"
)

// MaxDigits is how many digits a decimal may have from Tarantool 3.5 on. Older ones take 38.
const MaxDigits = 76

// A decimal is its scale, a MessagePack integer, and its digits, two to a byte, with the sign in the last half:
//
//	c7 03 01  01  01 5c       1.5      scale 1, digits 0 1 5, plus
//	d5 01     f6  1c          1e10     scale -10, digit 1, plus
//	d6 01     02  01 23 4d    -12.34   scale 2, digits 0 1 2 3 4, minus
const (
	signPlus  = 0x0c // a, e and f are read as plus, too
	signMinus = 0x0d // b is read as minus, too
)

// maxCoefficientBits is more than a coefficient of MaxDigits digits can have.
const maxCoefficientBits = 253

// maxPacked is the size in bytes of the digits of the largest decimal.
const maxPacked = MaxDigits/2 + 1

// AppendDecimal appends d as an extension of type 1, with the scale it has: 1.50 stays 1.50. The error, an *Error, is
// for more than MaxDigits digits before or behind the point.
func AppendDecimal(dst []byte, d decimal.Decimal) ([]byte, error) {
	var room [2 * maxPacked]byte
	payload, err := appendDecimal(room[:0], d)
	if err != nil {
		return dst, err
	}
	return append(msgp.AppendExtHeader(dst, TypeDecimal, len(payload)), payload...), nil
}

func appendDecimal(dst []byte, d decimal.Decimal) ([]byte, error) {
	coefficient := d.Coefficient()
	if coefficient.BitLen() > maxCoefficientBits {
		return dst, refuse(TypeDecimal, "more than 76 digits")
	}
	sign := byte(signPlus)
	if coefficient.Sign() < 0 {
		sign = signMinus
		coefficient.Neg(coefficient)
	}
	var text [MaxDigits + 2]byte
	digits := coefficient.Append(text[:0], 10)
	scale := -int64(d.Exponent())
	if !fits(len(digits), scale) {
		return dst, refuse(TypeDecimal, "more than 76 digits")
	}
	return appendDigits(msgp.AppendInt(dst, scale), digits, sign), nil
}

// fits tells whether a decimal with so many digits has no more than MaxDigits before or behind the point.
func fits(digits int, scale int64) bool {
	return digits <= MaxDigits && -MaxDigits <= scale && scale <= MaxDigits && int64(digits)-scale <= MaxDigits
}

// appendDigits packs digits in ASCII and the sign; an even number gets a 0 in front.
func appendDigits(dst, digits []byte, sign byte) []byte {
	if len(digits)%2 == 0 {
		dst = append(dst, digits[0]-'0')
		digits = digits[1:]
	}
	for len(digits) > 1 {
		dst = append(dst, (digits[0]-'0')<<4|(digits[1]-'0'))
		digits = digits[2:]
	}
	return append(dst, (digits[0]-'0')<<4|sign)
}

// ReadDecimal reads the decimal at the front of b, an extension of type 1; n is its size. The sign of a zero is lost.
// The error is one of msgp, or an *Error for a payload that is no decimal.
func ReadDecimal(b []byte) (d decimal.Decimal, n int, err error) {
	return read(b, TypeDecimal, parseDecimal)
}

func parseDecimal(payload []byte) (d decimal.Decimal, err error) {
	scale, n, err := msgp.ReadInt(payload)
	if err != nil {
		return d, refuse(TypeDecimal, "scale is no integer")
	}
	var room [2 * maxPacked]byte
	digits, negative, err := readDigits(room[:0], payload[n:])
	if err != nil {
		return d, err
	}
	if !fits(len(digits), scale) {
		return d, refuse(TypeDecimal, "more than 76 digits")
	}
	coefficient, _ := new(big.Int).SetString(string(digits), 10)
	if negative {
		coefficient.Neg(coefficient)
	}
	return decimal.NewFromBigInt(coefficient, int32(-scale)), nil
}

// readDigits unpacks digits into ASCII, without zeros in front.
func readDigits(dst, packed []byte) (digits []byte, negative bool, err error) {
	if len(packed) == 0 || len(packed) > maxPacked {
		return nil, false, refuse(TypeDecimal, "no digits, or too many")
	}
	for i, b := range packed {
		high, low := b>>4, b&0x0f
		if high > 9 || low > 9 != (i == len(packed)-1) {
			return nil, false, refuse(TypeDecimal, "not packed digits")
		}
		if high > 0 || len(dst) > 0 {
			dst = append(dst, high+'0')
		}
		if low > 9 {
			negative = low == signMinus || low == 0x0b
		} else if low > 0 || len(dst) > 0 {
			dst = append(dst, low+'0')
		}
	}
	if len(dst) == 0 {
		dst = append(dst, '0')
	}
	return dst, negative, nil
}
