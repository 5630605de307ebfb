package iproto

import (
	"iter"

	"github.com/kharon-net/kharon/codec/msgp"
)

// Column describes a column of a query, or a parameter of a prepared statement.
//
//	82  00 <name>  01 <type>
//	8x  00 <name>  01 <type>  02 <collation>  03 <nullable>  04 c3  05 <span or nil>    each when it is known
type Column struct {
	Name []byte
	Type []byte // e.g. "integer"
	ColumnDetails
}

// ColumnDetails are what a server tells of a column when sql_full_metadata is on. In the zero value it told nothing.
type ColumnDetails struct {
	Collation     []byte // nil when absent
	Span          []byte // the expression the column is made of; nil when absent or the same as the name
	HasNullable   bool
	Nullable      bool
	Autoincrement bool
	HasSpan       bool
}

// Keys of the map that a Column is.
const (
	columnName          = 0
	columnType          = 1
	columnCollation     = 2
	columnNullable      = 3
	columnAutoincrement = 4
	columnSpan          = 5
)

// Append appends the map.
func (c Column) Append(dst []byte) []byte {
	mark := len(dst)
	dst = msgp.AppendStringBytes(append(dst, 0x82, columnName), c.Name)
	dst = msgp.AppendStringBytes(append(dst, columnType), c.Type)
	if c.Collation != nil {
		dst[mark]++
		dst = msgp.AppendStringBytes(append(dst, columnCollation), c.Collation)
	}
	if c.HasNullable {
		dst[mark]++
		dst = msgp.AppendBool(append(dst, columnNullable), c.Nullable)
	}
	if c.Autoincrement {
		dst[mark]++
		dst = append(dst, columnAutoincrement, 0xc3)
	}
	switch {
	case c.Span != nil:
		dst[mark]++
		dst = msgp.AppendStringBytes(append(dst, columnSpan), c.Span)
	case c.HasSpan:
		dst[mark]++
		dst = msgp.AppendNil(append(dst, columnSpan))
	}
	return dst
}

// ParseColumn reads one map of METADATA or BIND_METADATA; n is len(b) on success and the slices of the result are
// views of b. Unknown keys are ignored. The error is a *PacketError.
func ParseColumn(b []byte) (c Column, n int, err error) {
	p, err := openBody(b, detailBody)
	if err != nil {
		return c, 0, err
	}
	for {
		key, value, offset, ok, err := p.next(detailBody)
		if err != nil {
			return Column{}, 0, err
		}
		if !ok {
			return c, len(b), nil
		}
		if c.set(key, value) != nil {
			return Column{}, 0, badBody(detailBody, offset, ErrType)
		}
	}
}

// set takes the value of one key.
func (c *Column) set(key Key, value []byte) (err error) {
	switch key {
	case columnName:
		c.Name, _, err = msgp.ReadString(value)
	case columnType:
		c.Type, _, err = msgp.ReadString(value)
	case columnCollation:
		c.Collation, _, err = msgp.ReadString(value)
	case columnNullable:
		c.HasNullable = true
		c.Nullable, _, err = msgp.ReadBool(value)
	case columnAutoincrement:
		c.Autoincrement, _, err = msgp.ReadBool(value)
	case columnSpan:
		c.HasSpan, c.Span = true, nil
		if msgp.KindOf(value[0]) != msgp.KindNil {
			c.Span, _, err = msgp.ReadString(value)
		}
	}
	return err
}

// Columns ranges over the columns in the array at SQLResult.Metadata, Prepared.Metadata or Prepared.BindMetadata; nil
// has none. The slices of a column are views of metadata. The first error ends the walk.
func Columns(metadata []byte) iter.Seq2[Column, error] {
	return func(yield func(Column, error) bool) {
		array, err := msgp.NewArray(metadata)
		if err != nil {
			yield(Column{}, badBody(detailBody, 0, ErrType))
			return
		}
		for raw, err := range array.All() {
			var c Column
			if err == nil {
				c, _, err = ParseColumn(raw)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
