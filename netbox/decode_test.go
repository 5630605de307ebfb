package netbox

import (
	"reflect"
	"testing"

	"github.com/kharon-net/kharon/codec/msgp"
)

type plainRow struct {
	ID   uint64
	Name string
}

type ownRow plainRow

func (r *ownRow) DecodeTuple(t msgp.Array) error {
	r.ID, r.Name = uint64(t.Int(0)), t.String(1)
	return t.Err()
}

func BenchmarkDecodeTuple(b *testing.B) {
	tuple, _ := msgp.AppendValue(nil, []any{54321, "row 54321"})
	b.Run("TupleDecoder", func(b *testing.B) {
		b.ReportAllocs()
		var r ownRow
		dst, l := any(&r), layoutOf(reflect.TypeFor[ownRow]())
		for range b.N {
			if _, err := decodeTuple(tuple, dst, l); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("struct", func(b *testing.B) {
		b.ReportAllocs()
		var r plainRow
		dst, l := any(&r), layoutOf(reflect.TypeFor[plainRow]())
		for range b.N {
			if _, err := decodeTuple(tuple, dst, l); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("msgpack/v5", func(b *testing.B) {
		b.ReportAllocs()
		var r plainRow
		for range b.N {
			if _, err := msgp.DecodeValue(tuple, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
