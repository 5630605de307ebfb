package msgp

import (
	"errors"
	"fmt"
)

// Errors that tell about the bytes. They carry no offset: whoever knows where the slice began adds it.
var (
	// ErrTruncated: the input ends before the value does. A count larger than the bytes left is truncated, too.
	ErrTruncated = errors.New("msgp: truncated input")
	// ErrInvalid: the byte 0xc1, which MessagePack never uses.
	ErrInvalid = errors.New("msgp: illegal code 0xc1")
	// ErrRange: an integer that the Go type asked for cannot hold.
	ErrRange = errors.New("msgp: integer out of range")
	// ErrDepth: containers are nested deeper than MaxDepth.
	ErrDepth = errors.New("msgp: nested too deep")
	// ErrMapKey: a map key that no Go map can hold, such as an array.
	ErrMapKey = errors.New("msgp: map key is not hashable")
	// ErrTooLong: a string, a binary, an array, a map or an extension longer than its 32-bit length can tell.
	ErrTooLong = errors.New("msgp: longer than 4 GiB")
	// ErrRaw: a Raw does not hold exactly one value.
	ErrRaw = errors.New("msgp: raw bytes are not one value")
)

// TypeError tells that another kind of value was found than the one asked for. The value itself is intact and may
// be read as what it is.
type TypeError struct {
	Want Kind // what was asked for
	Got  byte // the first byte of what is there
}

// Error names both kinds.
func (e *TypeError) Error() string {
	return fmt.Sprintf("msgp: want %v, got %v (0x%02x)", e.Want, KindOf(e.Got), e.Got)
}

// typeErrors holds every TypeError there can be, so that a failed read costs no allocation. Never written after
// start.
var typeErrors = makeTypeErrors()

func makeTypeErrors() *[kinds][256]TypeError {
	t := new([kinds][256]TypeError)
	for k := range t {
		for c := range t[k] {
			t[k][c] = TypeError{Want: Kind(k), Got: byte(c)}
		}
	}
	return t
}

// mismatch explains why no value of kind want begins b.
func mismatch(want Kind, b []byte) error {
	switch {
	case len(b) == 0:
		return ErrTruncated
	case b[0] == codeNever:
		return ErrInvalid
	}
	return &typeErrors[want][b[0]]
}
