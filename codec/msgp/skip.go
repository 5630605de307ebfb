package msgp

// Skip returns the size of the value at the front of b, checking all that is inside it. It neither recurses nor
// allocates, so nesting costs nothing. The error is ErrTruncated or ErrInvalid; n is then the offset of the fault.
func Skip(b []byte) (n int, err error) {
	i := 0
	for want := 1; want > 0; want-- {
		if i >= len(b) {
			return len(b), ErrTruncated
		}
		c := b[i]
		hint := skipHints[c]
		switch {
		case hint >= 0:
			i += int(hint)
			continue
		case hint == hintFixArray:
			i++
			want += int(c & 0x0f)
		case hint == hintFixMap:
			i++
			want += 2 * int(c&0x0f)
		default:
			size, more, err := skipSlow(b[i:], hint)
			if err != nil {
				return i, err
			}
			i += size
			want += more
		}
		if want-1 > len(b)-i {
			return len(b), ErrTruncated
		}
	}
	if i > len(b) {
		return len(b), ErrTruncated
	}
	return i, nil
}

// A hint is the size of a value that is known by its first byte, or one of these.
const (
	hintNever = -1 - iota
	hintFixArray
	hintFixMap
	hintBytes // str or bin
	hintExt
	hintArray
	hintMap
)

// skipSlow gives the size of the head at the front of b (with the payload, when it has one) and how many values
// come after it as its content.
func skipSlow(b []byte, hint int8) (size, more int, err error) {
	switch hint {
	case hintFixArray:
		return 1, int(b[0] & 0x0f), nil
	case hintFixMap:
		return 1, 2 * int(b[0]&0x0f), nil
	case hintNever:
		return 0, 0, ErrInvalid
	}
	long, n, ok := readLen(b)
	if !ok || long > uint64(len(b)) {
		return 0, 0, ErrTruncated
	}
	switch hint {
	case hintArray:
		return n, int(long), nil
	case hintMap:
		if long > uint64(len(b))/2 {
			return 0, 0, ErrTruncated
		}
		return n, 2 * int(long), nil
	case hintExt:
		n++
	}
	return n + int(long), 0, nil
}

var skipHints = makeSkipHints()

func makeSkipHints() (t [256]int8) {
	for c := range t {
		t[c] = 1
	}
	for n := range 16 {
		t[codeFixArray|n] = hintFixArray
		t[codeFixMap|n] = hintFixMap
	}
	t[codeFixArray], t[codeFixMap] = 1, 1
	for n := range 32 {
		t[codeFixStr|n] = int8(1 + n)
	}
	t[codeNever] = hintNever
	for c, size := range map[byte]int8{
		codeFloat32: 5, codeFloat64: 9,
		codeUint8: 2, codeUint16: 3, codeUint32: 5, codeUint64: 9,
		codeInt8: 2, codeInt16: 3, codeInt32: 5, codeInt64: 9,
		codeFixExt1: 3, codeFixExt2: 4, codeFixExt4: 6, codeFixExt8: 10, codeFixExt16: 18,
		codeBin8: hintBytes, codeBin16: hintBytes, codeBin32: hintBytes,
		codeStr8: hintBytes, codeStr16: hintBytes, codeStr32: hintBytes,
		codeExt8: hintExt, codeExt16: hintExt, codeExt32: hintExt,
		codeArray16: hintArray, codeArray32: hintArray,
		codeMap16: hintMap, codeMap32: hintMap,
	} {
		t[c] = size
	}
	return t
}

// MaxDepth is how deep arrays and maps may be nested in what Value, DecodeValue and AppendValue handle: a scalar
// has depth 0, an array of scalars 1. Skip has no such limit.
const MaxDepth = 1000

// skipShallow is Skip with the limit MaxDepth, for what recursive code is to read next.
func skipShallow(b []byte) (n int, err error) {
	if n, err = Skip(b); err != nil || n <= MaxDepth {
		return n, err // a level takes a byte at least
	}
	var left [MaxDepth]int // values still to come on each level
	depth := 0
	for i := 0; i < n; {
		size, more := 0, 0
		if hint := skipHints[b[i]]; hint >= 0 {
			size = int(hint)
		} else {
			size, more, _ = skipSlow(b[i:n], hint)
		}
		i += size
		if more > 0 {
			if depth == MaxDepth {
				return 0, ErrDepth
			}
			left[depth] = more
			depth++
			continue
		}
		for depth > 0 {
			if left[depth-1]--; left[depth-1] > 0 {
				break
			}
			depth--
		}
	}
	return n, nil
}
