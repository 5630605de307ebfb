// Package msgp writes and reads MessagePack, the encoding under every byte of the IPROTO protocol.
//
// It has two levels. The primitives (AppendUint, ReadString, Skip, …) are written by hand, know nothing but the
// wire form, and never allocate: protocol headers are made of them. AppendValue, Value and DecodeValue turn Go
// values into bytes and back: the basic Go types take a direct path, everything else goes through
// github.com/vmihailenco/msgpack/v5, so that struct tags and custom encoders work as they do elsewhere.
//
// Append functions append to dst and return the extended slice, like strconv.AppendInt.
//
// Read functions look at the front of a slice and return the value and the number of bytes it took. They fail with
// ErrTruncated when the value is cut short (more input may complete it), ErrInvalid when the bytes can never become
// MessagePack, and *TypeError when another kind of value stands there. No input makes them panic.
//
//	b := msgp.AppendMapHeader(nil, 1)
//	b = msgp.AppendString(b, "answer")
//	b = msgp.AppendUint(b, 42)
//	v, n, err := msgp.Value(b) // map[string]any{"answer": int64(42)}
//
// The package does no I/O, starts no goroutine and keeps no reference to a slice it was given. All functions are
// safe to call from any goroutine.
//
// It does not know Tarantool's extension types (decimal, uuid, datetime, …): they travel as Ext, unless package ext,
// which tells RegisterExt of them, is part of the program.
package msgp
