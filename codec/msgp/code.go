package msgp

// The first byte of a value tells its kind and, for short values, the value or length itself:
//
//	00..7f  uint, the value       cc cd ce cf  uint 8/16/32/64
//	e0..ff  int, -32..-1          d0 d1 d2 d3  int 8/16/32/64
//	80..8f  map, n pairs          de df        map 16/32
//	90..9f  array, n values       dc dd        array 16/32
//	a0..bf  str, n bytes          d9 da db     str 8/16/32
//	c0      nil                   c4 c5 c6     bin 8/16/32
//	c1      never used            c7 c8 c9     ext 8/16/32, then the type byte
//	c2 c3   false, true           d4 … d8      ext of 1, 2, 4, 8, 16 bytes
//	ca cb   float 32/64
//
// All numbers are big-endian.
const (
	codeFixMap   = 0x80
	codeFixArray = 0x90
	codeFixStr   = 0xa0
	codeNil      = 0xc0
	codeNever    = 0xc1
	codeFalse    = 0xc2
	codeTrue     = 0xc3
	codeBin8     = 0xc4
	codeBin16    = 0xc5
	codeBin32    = 0xc6
	codeExt8     = 0xc7
	codeExt16    = 0xc8
	codeExt32    = 0xc9
	codeFloat32  = 0xca
	codeFloat64  = 0xcb
	codeUint8    = 0xcc
	codeUint16   = 0xcd
	codeUint32   = 0xce
	codeUint64   = 0xcf
	codeInt8     = 0xd0
	codeInt16    = 0xd1
	codeInt32    = 0xd2
	codeInt64    = 0xd3
	codeFixExt1  = 0xd4
	codeFixExt2  = 0xd5
	codeFixExt4  = 0xd6
	codeFixExt8  = 0xd7
	codeFixExt16 = 0xd8
	codeStr8     = 0xd9
	codeStr16    = 0xda
	codeStr32    = 0xdb
	codeArray16  = 0xdc
	codeArray32  = 0xdd
	codeMap16    = 0xde
	codeMap32    = 0xdf
	codeNegative = 0xe0
)

// Kind is a family of wire forms. A non-negative integer is a Uint whatever the sign of the form it could have had;
// Int is what the signed forms carry.
type Kind uint8

// The kinds of MessagePack values.
const (
	KindInvalid Kind = iota // 0xc1, which no value begins with
	KindNil
	KindBool
	KindUint
	KindInt
	KindFloat
	KindString
	KindBin
	KindArray
	KindMap
	KindExt
	kinds
)

var kindNames = [kinds]string{
	"invalid", "nil", "bool", "uint", "int", "float", "string", "bin", "array", "map", "ext",
}

// String names the kind in lower case, e.g. "uint".
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// KindOf tells what kind of value begins with the byte c.
func KindOf(c byte) Kind { return kindOf[c] }

var kindOf = makeKindTable()

func makeKindTable() (t [256]Kind) {
	set := func(first, last byte, k Kind) {
		for c := int(first); c <= int(last); c++ {
			t[c] = k
		}
	}
	set(0x00, 0x7f, KindUint)
	set(codeFixMap, 0x8f, KindMap)
	set(codeFixArray, 0x9f, KindArray)
	set(codeFixStr, 0xbf, KindString)
	set(codeNil, codeNil, KindNil)
	set(codeFalse, codeTrue, KindBool)
	set(codeBin8, codeBin32, KindBin)
	set(codeExt8, codeExt32, KindExt)
	set(codeFloat32, codeFloat64, KindFloat)
	set(codeUint8, codeUint64, KindUint)
	set(codeInt8, codeInt64, KindInt)
	set(codeFixExt1, codeFixExt16, KindExt)
	set(codeStr8, codeStr32, KindString)
	set(codeArray16, codeArray32, KindArray)
	set(codeMap16, codeMap32, KindMap)
	set(codeNegative, 0xff, KindInt)
	return t
}
