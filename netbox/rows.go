package netbox

import (
	"context"
	"fmt"
	"iter"
)

// Rows ranges over the tuples that Select would return, decoded into T as Select
// does, page by page as Index.Pairs: memory is that of two pages, however many
// rows there are. With a SelectOptions.PageSize of math.MaxUint32 it is one
// request and one answer, held whole, whose rows are decoded one by one.
//
//	for band, err := range netbox.Rows[Band](ctx, conn.Space("bands"), netbox.Key(), netbox.SelectOptions{}) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// The last round has the error, if there is one: that of Index.Pairs, or of
// decoding. All rows are decoded into one T, of which every round gets a copy: it
// may be kept, unless T is a TupleDecoder that uses the memory of its last row
// again. A row of such a T costs no allocation. Safe to call from any goroutine,
// and from fibers.
func Rows[T any, S Selectable](ctx context.Context, from S, key Parts, o SelectOptions) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		p := newPager(from.index_(), key, o)
		defer p.stop()
		var row T
		dst, l := any(&row), layoutFor[T]()
		for n := 0; ; {
			page, more, err := p.next(ctx)
			if err != nil {
				yield(*new(T), err)
			}
			if err != nil || !more {
				return
			}
			for b := page.Elements(); len(b) > 0; n++ {
				size, err := decodeTuple(b, dst, l)
				if err != nil {
					yield(*new(T), fmt.Errorf("netbox: tuple %d: %w", n, err))
					return
				}
				b = b[size:]
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}
