package ext

import "github.com/kharon-net/kharon/codec/msgp"

// Arrow is columns of data in the format of Arrow, which travel as they are: the payload of an extension of type 8.
type Arrow struct {
	Stream []byte // of Arrow IPC: schema and record batch
}

// AppendArrow appends a as an extension of type 8.
func AppendArrow(dst []byte, a Arrow) []byte {
	return append(msgp.AppendExtHeader(dst, TypeArrow, len(a.Stream)), a.Stream...)
}

func appendArrow(dst []byte, a Arrow) ([]byte, error) { return append(dst, a.Stream...), nil }

// ReadArrow reads the extension of type 8 at the front of b; n is its size. The stream is a view of b.
func ReadArrow(b []byte) (a Arrow, n int, err error) { return read(b, TypeArrow, viewArrow) }

func viewArrow(payload []byte) (Arrow, error) { return Arrow{Stream: payload}, nil }

// parseArrow is viewArrow with a copy.
func parseArrow(payload []byte) (Arrow, error) { return viewArrow(append([]byte{}, payload...)) }
