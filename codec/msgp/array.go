package msgp

import (
	"fmt"
	"iter"
)

// An Array is an encoded array that is looked into where needed: the arguments
// of a call, the results of one. The zero value is the empty array.
//
// The accessors keep their first failure, so that a run of them needs one look
// at Err at the end; after a failure they give zero values.
type Array struct {
	raw   []byte // the elements, without the header
	count int
	err   error
}

// NewArray returns the view of the encoded array at the front of b, whose
// elements have been checked (by Skip, or by a parse function that did). The
// error is a *TypeError when something else stands there.
func NewArray(b []byte) (a Array, err error) {
	err = a.Reset(b)
	return a, err
}

// Reset makes a the view that NewArray returns; on an error the empty one. Where
// an Array has its place already, it need not be copied there.
func (a *Array) Reset(b []byte) (err error) {
	n := 0
	a.raw, a.count, a.err = nil, 0, nil
	switch {
	case len(b) == 0:
		return nil
	case b[0]&^0x0f == codeFixArray && int(b[0]&0x0f) < len(b):
		a.count, n = int(b[0]&0x0f), 1
	default:
		if a.count, n, err = ReadArrayHeader(b); err != nil {
			a.count = 0
			return err
		}
	}
	a.raw = b[n:]
	return nil
}

// Len returns the number of elements.
func (a *Array) Len() int { return a.count }

// Elements returns the encoded elements, one behind the other. They are a view
// of what NewArray was given.
func (a *Array) Elements() []byte { return a.raw[:len(a.raw):len(a.raw)] }

// Err returns the first failure of an accessor, or nil.
func (a *Array) Err() error { return a.err }

// At returns element i, counted from 0, still encoded: a view. It fails when
// there are not so many.
func (a *Array) At(i int) Raw {
	b := a.find(i)
	if b == nil {
		return nil
	}
	n, err := Skip(b)
	if err != nil {
		a.fail(i, err)
		return nil
	}
	return Raw(b[:n:n])
}

// Int returns element i as an integer.
func (a *Array) Int(i int) int64 {
	b := a.find(i)
	if b == nil {
		return 0
	}
	v, _, err := ReadInt(b)
	if err != nil {
		a.fail(i, err)
	}
	return v
}

// Float returns element i, a floating point number or an integer.
func (a *Array) Float(i int) float64 {
	b := a.find(i)
	if b == nil {
		return 0
	}
	if v, _, err := ReadFloat64(b); err == nil {
		return v
	}
	v, _, err := ReadInt(b)
	if err != nil {
		a.fail(i, err)
	}
	return float64(v)
}

// Bool returns element i as a truth value.
func (a *Array) Bool(i int) bool {
	b := a.find(i)
	if b == nil {
		return false
	}
	v, _, err := ReadBool(b)
	if err != nil {
		a.fail(i, err)
	}
	return v
}

// String returns element i, a string, as a copy.
func (a *Array) String(i int) string { return string(a.Bytes(i)) }

// Bytes returns element i, a string or a binary, as a view.
func (a *Array) Bytes(i int) []byte {
	b := a.find(i)
	if b == nil {
		return nil
	}
	v, _, err := ReadString(b)
	if err != nil {
		if v, _, err = ReadBin(b); err != nil {
			a.fail(i, err)
		}
	}
	return v
}

// Decode decodes the elements into what dst points to, in order, as
// DecodeValue does. There may be more elements than pointers, not fewer.
func (a *Array) Decode(dst ...any) error {
	b := a.raw
	for i, d := range dst {
		if i >= a.count {
			return fmt.Errorf("msgp: element %d of %d: %w", i, a.count, ErrTruncated)
		}
		n, err := DecodeValue(b, d)
		if err != nil {
			return fmt.Errorf("msgp: element %d: %w", i, err)
		}
		b = b[n:]
	}
	return nil
}

// Values decodes all elements, as Value does.
func (a *Array) Values() ([]any, error) {
	return a.AppendValues(make([]any, 0, min(a.count, len(a.raw))))
}

// AppendValues is Values that appends to dst. What is allocated then is the
// values that need it: a string twice, an integer above 255 once. On error the
// result is nil.
func (a *Array) AppendValues(dst []any) ([]any, error) {
	b := a.raw
	for range a.count {
		v, n, err := Value(b)
		if err != nil {
			return nil, err
		}
		dst = append(dst, v)
		b = b[n:]
	}
	return dst, nil
}

// All ranges over the elements, still encoded: views.
func (a *Array) All() iter.Seq2[Raw, error] {
	return func(yield func(Raw, error) bool) {
		b := a.raw
		for range a.count {
			n, err := Skip(b)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(Raw(b[:n:n]), nil) {
				return
			}
			b = b[n:]
		}
	}
}

// find returns what begins with element i, or nil after a failure.
func (a *Array) find(i int) []byte {
	if a.err != nil {
		return nil
	}
	if i < 0 || i >= a.count {
		a.fail(i, ErrTruncated)
		return nil
	}
	b := a.raw
	for range i {
		n, err := Skip(b)
		if err != nil {
			a.fail(i, err)
			return nil
		}
		b = b[n:]
	}
	return b
}

func (a *Array) fail(i int, err error) {
	a.err = fmt.Errorf("msgp: element %d of %d: %w", i, a.count, err)
}
