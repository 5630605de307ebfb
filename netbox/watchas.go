package netbox

import (
	"context"
	"fmt"
)

// A Watchable has keys that can be watched: a Conn, a Group, or a layer of somebody
// else's above one.
type Watchable interface {
	Watch(key string, f func(key string, value Value)) (*Watcher, error)
}

var _, _ Watchable = (*Conn)(nil), (*Group)(nil)

// WatchAs watches a key as Conn.Watch does and calls f with the value decoded into
// T: as msgp.DecodeValue does it, and an array into a struct as Select does. When
// the server has no value it is the zero T; a T that is a pointer tells that from
// a value. When the value is no T, f gets the zero T and the error. The error of
// WatchAs is that of Watch. Safe to call from any goroutine.
func WatchAs[T any](w Watchable, key string, f func(key string, value T, err error)) (*Watcher, error) {
	return w.Watch(key, func(key string, raw Value) {
		value, err := valueAs[T](key, raw)
		f(key, value, err)
	})
}

// WatchOnceAs returns the value of a key as the server has it, decoded as WatchAs
// does; found tells whether it has one. Safe to call from any goroutine, and from
// fibers.
func WatchOnceAs[T any](ctx context.Context, d Doer, key string) (v T, found bool, err error) {
	err = d.DoFunc(ctx, WatchOnce(key), func(r Result) error {
		if found = r.Len() > 0; !found {
			return nil
		}
		var err error
		v, err = valueAs[T](key, r.At(0))
		return err
	})
	return v, found, err
}

// valueAs decodes the value of a key, which may have none.
func valueAs[T any](key string, raw Value) (T, error) {
	var v, zero T
	if len(raw) == 0 {
		return zero, nil
	}
	if err := decodeResult(raw, &v); err != nil {
		return zero, fmt.Errorf("netbox: value of %q: %w", key, err)
	}
	return v, nil
}
