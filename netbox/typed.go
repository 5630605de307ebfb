package netbox

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Selectable is what can be selected from: a Space, by its primary index, or an
// Index.
type Selectable interface {
	Space | Index
	index_() Index
}

// Select returns the tuples that have the key, decoded into T:
//
//	TupleDecoder   by itself
//	[]any          all fields, as msgp.Value decodes them
//	a struct       field by field, in the order of the struct, whatever their names; a
//	               pointer to one is made
//	anything else  as msgp.DecodeValue does it
//
// Fields of a struct for which the tuple has none are zero, and those of the tuple
// for which the struct has none are skipped. The fields are those that
// msgpack/v5 encodes: an embedded struct has the places of its fields, and one
// with the tag "-" has none. Each is decoded as by msgp.DecodeValue: a field of
// the tuple that is nil leaves zero, or a nil pointer, and uuid.UUID,
// decimal.Decimal and time.Time are what they are in Tarantool. A struct inside
// a struct, one with the option intern or inline, and one that decodes itself by
// msgpack/v5 are left to that, which wants exactly as many elements as there are
// fields.
//
// The error is that of Requester.Do, or of decoding. Safe to call from any
// goroutine, and from fibers.
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
	b, l := r.Elements(), layoutFor[T]()
	dst = slices.Grow(dst, min(r.Len(), len(b)))
	for left := r.Len(); left > 0; left-- {
		size, err := len(b), error(nil)
		n := len(dst)
		dst = dst[:n+1]
		if left > 1 {
			size, err = decodeTuple(b, &dst[n], l)
		} else {
			err = decodeWhole(b, &dst[n], l)
		}
		if err != nil {
			return dst[:n], fmt.Errorf("netbox: tuple %d: %w", r.Len()-left, err)
		}
		b = b[size:]
	}
	return dst, nil
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
		return decodeWhole(r.Elements(), &v, layoutFor[T]())
	})
	return v, found, err
}

// TupleAs decodes a tuple, such as Space.Insert and Index.Update return, into T as
// Select does. A tuple that is none is the zero T: found tells. Safe to call from
// any goroutine.
func TupleAs[T any](t Tuple) (v T, found bool, err error) {
	if t.Len() == 0 {
		return v, false, t.Err()
	}
	raw := append(msgp.AppendArrayHeader(nil, t.Len()), t.Elements()...)
	_, err = decodeTuple(raw, &v, layoutFor[T]())
	return v, true, err
}

// A Doer makes requests: a Conn, a Group, a Stream, a Requester, or a layer of
// somebody else's above one.
type Doer interface {
	DoFunc(ctx context.Context, req Request, use func(Result) error) error
}

// CallAs calls a function of the server by way of d and decodes its first result
// into T; the zero value when it has none. A tuple, and each of a list of tuples,
// is decoded as Select does it, anything else as msgp.DecodeValue does. Safe to
// call from any goroutine, and from fibers.
func CallAs[T any](ctx context.Context, d Doer, name string, args ...any) (v T, err error) {
	err = d.DoFunc(ctx, Call(name, args...), func(r Result) error {
		if r.Len() == 0 {
			return nil
		}
		return decodeResult(r.Elements(), &v)
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
