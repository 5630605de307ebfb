package msgp

// Value reads the value at the front of b into the Go type that suits it; n is its size.
//
//	nil, bool, string, bin   nil, bool, string, []byte
//	integers                 int64, or uint64 above MaxInt64
//	floats                   float64
//	array                    []any
//	map                      map[string]any when all keys are strings, else map[any]any; the last of equal keys wins
//	extension                what RegisterExt or a decoder registered with msgpack/v5 makes of it (time.Time is
//	                         built in, as type -1); Ext when there is none or it refuses the payload
//
// Nothing in the result refers to b. Errors: ErrTruncated, ErrInvalid, ErrDepth, ErrMapKey.
func Value(b []byte) (v any, n int, err error) {
	if len(b) > 0 && b[0] <= 0x7f {
		return int64(b[0]), 1, nil
	}
	if n, err = skipShallow(b); err != nil {
		return nil, 0, err
	}
	v, _, err = value(b[:n])
	if err != nil {
		return nil, 0, err
	}
	return v, n, nil
}

// value reads a value that is known to be whole and not too deep, so that counts can be trusted and the only
// error left is ErrMapKey.
func value(b []byte) (v any, n int, err error) {
	switch KindOf(b[0]) {
	case KindBool:
		return boxed(ReadBool(b))
	case KindUint:
		u, n, err := ReadUint(b)
		if int64(u) < 0 {
			return u, n, err
		}
		return int64(u), n, err
	case KindInt:
		return boxed(ReadInt(b))
	case KindFloat:
		return boxed(ReadFloat64(b))
	case KindString:
		s, n, err := ReadString(b)
		return string(s), n, err
	case KindBin:
		s, n, err := ReadBin(b)
		return append([]byte{}, s...), n, err
	case KindArray:
		return arrayValue(b)
	case KindMap:
		return mapValue(b)
	case KindExt:
		return extValue(b)
	}
	return nil, 1, nil
}

// boxed turns the results of a reader into those of value.
func boxed[T any](v T, n int, err error) (any, int, error) { return v, n, err }

func arrayValue(b []byte) (any, int, error) {
	count, n, err := ReadArrayHeader(b)
	if err != nil {
		return nil, 0, err
	}
	list := make([]any, count)
	for i := range list {
		v, size, err := value(b[n:])
		if err != nil {
			return nil, 0, err
		}
		list[i] = v
		n += size
	}
	return list, n, nil
}

func mapValue(b []byte) (any, int, error) {
	count, n, err := ReadMapHeader(b)
	if err != nil {
		return nil, 0, err
	}
	m := make(map[string]any, count)
	for i := range count {
		if KindOf(b[n]) != KindString {
			return mixedMapValue(b, n, count-i, m)
		}
		key, size, _ := ReadString(b[n:])
		n += size
		v, size, err := value(b[n:])
		if err != nil {
			return nil, 0, err
		}
		m[string(key)] = v
		n += size
	}
	return m, n, nil
}

// mixedMapValue goes on from b[n] with a map of which the strings came first and count pairs are left.
func mixedMapValue(b []byte, n, count int, strings map[string]any) (any, int, error) {
	m := make(map[any]any, len(strings)+count)
	for key, v := range strings {
		m[key] = v
	}
	for range count {
		switch KindOf(b[n]) {
		case KindBin, KindArray, KindMap:
			return nil, 0, ErrMapKey
		}
		key, size, err := value(b[n:])
		if err != nil {
			return nil, 0, err
		}
		if !hashable(key) {
			return nil, 0, ErrMapKey
		}
		n += size
		v, size, err := value(b[n:])
		if err != nil {
			return nil, 0, err
		}
		m[key] = v
		n += size
	}
	return m, n, nil
}

func extValue(b []byte) (any, int, error) {
	typ, size, n, err := ReadExtHeader(b)
	if err != nil {
		return nil, 0, err
	}
	end := n + size
	if x := extNumbers[uint8(typ)]; x != nil {
		if v, err := x.parse(b[n:end:end]); err == nil {
			return v, end, nil
		}
		return Ext{Type: typ, Data: append([]byte{}, b[n:end]...)}, end, nil
	}
	if v, ok := registeredExt(b[:end]); ok {
		return v, end, nil
	}
	return Ext{Type: typ, Data: append([]byte{}, b[n:end]...)}, end, nil
}
