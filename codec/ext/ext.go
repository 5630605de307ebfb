package ext

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/msgp"
)

// The numbers of Tarantool's extensions.
const (
	TypeDecimal     int8 = 1
	TypeUUID        int8 = 2
	TypeError       int8 = 3
	TypeDatetime    int8 = 4
	TypeCompression int8 = 5 // of the Enterprise edition, opaque
	TypeInterval    int8 = 6
	TypeTuple       int8 = 7
	TypeArrow       int8 = 8
)

var typeNames = [...]string{
	TypeDecimal: "decimal", TypeUUID: "uuid", TypeError: "error", TypeDatetime: "datetime",
	TypeCompression: "compression", TypeInterval: "interval", TypeTuple: "tuple", TypeArrow: "arrow",
}

// Error tells why an extension cannot be read, or a value not be written as one.
type Error struct {
	Type   int8   // of the extension
	Reason string // e.g. "more than 76 digits"
}

// Error names the extension and the reason.
func (e *Error) Error() string {
	if e.Type > 0 && int(e.Type) < len(typeNames) {
		return fmt.Sprintf("ext: %s: %s", typeNames[e.Type], e.Reason)
	}
	return fmt.Sprintf("ext: type %d: %s", e.Type, e.Reason)
}

func refuse(typ int8, reason string) error { return &Error{Type: typ, Reason: reason} }

// read reads the extension at the front of b, which must have the type.
func read[T any](b []byte, want int8, parse func(payload []byte) (T, error)) (v T, n int, err error) {
	typ, size, n, err := msgp.ReadExtHeader(b)
	if err != nil {
		return v, 0, err
	}
	if typ != want {
		return v, 0, refuse(typ, fmt.Sprintf("another type of extension than %d", want))
	}
	end := n + size
	if v, err = parse(b[n:end:end]); err != nil {
		return v, 0, err
	}
	return v, end, nil
}
