// Package ext gives Tarantool's extensions of MessagePack their Go types.
//
//	1  decimal     decimal.Decimal (github.com/shopspring/decimal)
//	2  uuid        uuid.UUID (github.com/google/uuid)
//	3  error       *iproto.Error
//	4  datetime    time.Time, or Datetime for what time.Time has no place for
//	6  interval    Interval
//	7  tuple       Tuple
//	8  arrow       Arrow
//
// Each has an Append function that writes the whole extension and a Read function that reads it, in the manner of
// package msgp. A program that imports this package, by name or as _, has msgp write and read these types wherever
// they stand: as arguments, in slices and maps, in fields of structs.
//
//	b, err := msgp.AppendValue(nil, []any{uuid.New(), decimal.RequireFromString("1.50"), time.Now()})
//	v, _, err := msgp.Value(b) // []any{uuid.UUID{…}, decimal.Decimal{…}, time.Time{…}}
//
// The package does no I/O and keeps no reference to a slice it was given. All functions are safe to call from any
// goroutine.
//
// It does not compute with intervals, and it does not load time zones: a time.Time that was read has the offset it
// was sent with, and the name of its zone.
package ext
