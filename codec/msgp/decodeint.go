package msgp

import "errors"

var errNilTarget = errors.New("msgp: nil pointer to decode into")

// decodeSmall is DecodeValue for pointers to the integers of other widths, so
// that one which does not fit is ErrRange and not cut. done is false for
// anything else.
func decodeSmall(b []byte, dst any) (n int, done bool, err error) {
	switch dst := dst.(type) {
	case *int8:
		n, err = decodeInto(b, dst)
	case *int16:
		n, err = decodeInto(b, dst)
	case *int32:
		n, err = decodeInto(b, dst)
	case *uint:
		n, err = decodeInto(b, dst)
	case *uint8:
		n, err = decodeInto(b, dst)
	case *uint16:
		n, err = decodeInto(b, dst)
	case *uint32:
		n, err = decodeInto(b, dst)
	default:
		return 0, false, nil
	}
	return n, true, err
}

func decodeInto[T int8 | int16 | int32 | uint | uint8 | uint16 | uint32](b []byte, dst *T) (n int, err error) {
	if dst == nil {
		return 0, errNilTarget
	}
	if KindOf(b[0]) == KindUint {
		v, n, err := ReadUint(b)
		if err == nil && uint64(T(v)) != v || T(v) < 0 {
			err = ErrRange
		}
		if err != nil {
			return 0, err
		}
		*dst = T(v)
		return n, nil
	}
	v, n, err := readIntOrNil(b, 64)
	if err == nil && (int64(T(v)) != v || (v < 0) != (T(v) < 0)) {
		err = ErrRange
	}
	if err != nil {
		return 0, err
	}
	*dst = T(v)
	return n, nil
}
