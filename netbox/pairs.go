package netbox

import (
	"context"
	"iter"
)

// Pairs ranges over the tuples that Select would return, page by page, see
// SelectOptions.PageSize: with one request for each, which is made while the loop
// is busy with the page before. It holds two pages at most, however many tuples
// there are. The last round has the error, if there is one.
// Tuples are valid until the next round. See Rows for decoded ones.
//
// The tuples of one page are those of one moment, those of the next page of a
// later one. A server that knows no pages (before 2.11) is asked for what follows
// the last tuple; that works for unique indexes without paths, and iterators that
// do not stay with a key. Otherwise the error is iproto.CodeUnsupported. Safe to
// call from any goroutine, and from fibers.
func (x Index) Pairs(ctx context.Context, key Parts, o SelectOptions) iter.Seq2[Tuple, error] {
	return func(yield func(Tuple, error) bool) {
		p := newPager(x, key, o)
		defer p.stop()
		for {
			page, more, err := p.next(ctx)
			if err != nil {
				yield(Tuple{}, err)
			}
			if err != nil || !more {
				return
			}
			for raw, err := range page.All() {
				t := Tuple{}
				if err == nil {
					t, err = page.tuple(raw, x.info())
				}
				if !yield(t, err) || err != nil {
					return
				}
			}
		}
	}
}
