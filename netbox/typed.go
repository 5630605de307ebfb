package netbox

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A TupleDecoder decodes itself from a tuple, field by field. Types that are one
// are selected without an allocation; all others are decoded as
// msgp.DecodeValue does, structs as arrays (or maps) of their fields.
type TupleDecoder interface {
	// DecodeTuple takes what it needs of the tuple, which is valid until it
	// returns, and returns t.Err.
	DecodeTuple(t msgp.Array) error
}

// Selectable is what can be selected from: a Space, by its primary index, or an
// Index.
type Selectable interface {
	Space | Index
	index_() Index
}

// Select returns the tuples that have the key, decoded into T: a struct, a slice
// of any, a TupleDecoder. The error is that of Requester.Do, or of decoding.
// Safe to call from any goroutine, and from fibers.
func Select[T any, S Selectable](ctx context.Context, from S, key Parts) ([]T, error) {
	return AppendSelect[T](ctx, nil, from, key, SelectOptions{})
}

// AppendSelect is Select with options that appends to dst, whose memory it uses
// as far as that goes. Safe to call from any goroutine, and from fibers.
func AppendSelect[T any, S Selectable](ctx context.Context, dst []T, from S, key Parts, o SelectOptions) ([]T, error) {
	x := from.index_()
	req := x.SelectRequest(key, o)
	err := x.requester.do(ctx, &req, func(r *Result) (err error) {
		dst, err = appendTuples(dst, r)
		return err
	})
	return dst, err
}

// AppendTuples appends the tuples of a result to dst, whose memory it uses as far
// as that goes: what AppendSelect does, for requests that were sent and not
// waited for. Safe to call from any goroutine.
func AppendTuples[T any](dst []T, r Result) ([]T, error) { return appendTuples(dst, &r) }

// appendTuples decodes the tuples of a result.
func appendTuples[T any](dst []T, r *Result) ([]T, error) {
	b := r.Elements()
	dst = slices.Grow(dst, min(r.Len(), len(b)))
	for left := r.Len(); left > 0; left-- {
		size, err := len(b), error(nil)
		if left > 1 {
			size, err = msgp.Skip(b)
		}
		n := len(dst)
		dst = dst[:n+1]
		if err == nil {
			err = decodeTuple(b[:size], &dst[n])
		}
		if err != nil {
			return dst[:n], fmt.Errorf("netbox: tuple %d: %w", r.Len()-left, err)
		}
		b = b[size:]
	}
	return dst, nil
}

// decodeTuple decodes a tuple that has been checked.
func decodeTuple[T any](b []byte, dst *T) error {
	if len(b) > 0 && msgp.KindOf(b[0]) == msgp.KindExt {
		return decodeExtension(b, dst)
	}
	if d, ok := any(dst).(TupleDecoder); ok {
		var a msgp.Array
		if err := a.Reset(b); err != nil {
			return err
		}
		return d.DecodeTuple(a)
	}
	if list, ok := any(dst).(*[]any); ok {
		a, err := msgp.NewArray(b)
		if err == nil {
			*list, err = a.Values()
		}
		return err
	}
	_, err := msgp.DecodeValue(b, dst)
	return err
}

// decodeExtension decodes a tuple that came with the number of its format.
func decodeExtension[T any](b []byte, dst *T) error {
	fields, _, err := unwrap(b)
	if err != nil {
		return err
	}
	return decodeTuple(fields, dst)
}

// Get returns the one tuple that has the key, decoded into T; found tells
// whether there is one. Safe to call from any goroutine, and from fibers.
func Get[T any, S Selectable](ctx context.Context, from S, key Parts) (v T, found bool, err error) {
	x := from.index_()
	r := x.SelectRequest(key, SelectOptions{Limit: 2})
	r.iterator = 0
	err = x.requester.do(ctx, &r, func(r *Result) error {
		if r.Len() > 1 {
			return errMoreThanOne
		}
		found = r.Len() == 1
		if !found {
			return nil
		}
		return decodeTuple(r.Elements(), &v)
	})
	return v, found, err
}

// A Doer makes requests: a Conn, a Group, a Stream, a Requester, or a layer of
// somebody else's above one.
type Doer interface {
	DoFunc(ctx context.Context, req Request, use func(Result) error) error
}

// CallAs calls a function of the server by way of d and decodes its first result
// into T; the zero value when it has none. Safe to call from any goroutine, and
// from fibers.
func CallAs[T any](ctx context.Context, d Doer, name string, args ...any) (v T, err error) {
	err = d.DoFunc(ctx, Call(name, args...), func(r Result) error {
		if r.Len() == 0 {
			return nil
		}
		b := r.Elements()
		if typ, _, _, err := msgp.ReadExtHeader(b); err == nil && typ == ext.TypeTuple {
			return decodeExtension(r.At(0), &v)
		}
		_, err := msgp.DecodeValue(b, &v)
		return err
	})
	return v, err
}

// AppendRaw makes a request and appends the encoded array of its results to dst.
// Safe to call from any goroutine, and from fibers.
func (r Requester) AppendRaw(ctx context.Context, dst []byte, req Request) ([]byte, error) {
	err := r.DoFunc(ctx, req, func(res Result) error {
		dst = append(dst, res.Raw()...)
		return nil
	})
	return dst, err
}

// WatchOnce returns the value of a key as the server has it, nil when it has
// none. Safe to call from any goroutine, and from fibers.
func (r Requester) WatchOnce(ctx context.Context, key string) (v Value, err error) {
	err = r.DoFunc(ctx, WatchOnce(key), func(res Result) error {
		if res.Len() > 0 {
			v = bytes.Clone(res.At(0))
		}
		return res.Err()
	})
	return v, err
}
