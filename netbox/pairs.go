package netbox

import (
	"context"
	"iter"
	"math"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// defaultPage is how many tuples Pairs asks for at once.
const defaultPage = 1000

// Pairs ranges over the tuples that Select would return, page by page: of
// SelectOptions.PageSize tuples each, with one request for each page. The last
// round has the error, if there is one. Tuples are valid until the next round.
//
// A server that knows no pages (before 2.11) is asked for what follows the last
// tuple; that works for unique indexes without paths, and iterators that do not
// stay with a key. Otherwise the error is iproto.CodeUnsupported. Safe to call
// from any goroutine, and from fibers.
func (x Index) Pairs(ctx context.Context, key Parts, o SelectOptions) iter.Seq2[Tuple, error] {
	return func(yield func(Tuple, error) bool) {
		p := newPager(x, key, o)
		for p.left > 0 {
			page, err := p.next(ctx)
			if err != nil {
				yield(Tuple{}, err)
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

// A pager asks for one page after the other.
type pager struct {
	x    Index
	key  Parts
	o    SelectOptions
	size uint32
	left uint32 // tuples that are wanted
}

func newPager(x Index, key Parts, o SelectOptions) *pager {
	x.requester = x.requester.pinned() // a page goes on where another one of the same server ended
	p := &pager{x: x, key: key, o: o, size: o.PageSize, left: o.Limit}
	if p.size == 0 {
		p.size = defaultPage
	}
	if p.left == 0 {
		p.left = math.MaxUint32
	}
	return p
}

// next asks for a page.
func (p *pager) next(ctx context.Context) (Result, error) {
	c := p.x.requester.conn
	if _, err := c.machine.wait(ctx, true, StateActive); err != nil {
		return Result{}, c.waitError(err)
	}
	pages := c.Features().Has(iproto.FeaturePagination)
	p.o.Limit, p.o.FetchPosition = min(p.size, p.left), pages
	page, err := p.x.Select(ctx, p.key, p.o)
	if err != nil {
		return page, err
	}
	p.o.Offset, p.o.AfterTuple = 0, nil
	n := uint32(page.Len())
	if p.left -= min(n, p.left); n < p.o.Limit {
		p.left = 0
	}
	switch {
	case p.left == 0:
	case pages:
		if p.o.After = page.Position(); p.o.After == nil {
			p.left = 0
		}
	default:
		err = p.follow(page.At(int(n) - 1))
	}
	return page, err
}

var errNoPages = &LocalError{iproto.CodeUnsupported, "Remote server does not support pagination"}

// follow makes the key of a tuple that behind which the next page begins.
func (p *pager) follow(last msgp.Raw) error {
	info := p.x.indexInfo()
	if info == nil || !info.Unique || info.Type != "TREE" {
		return errNoPages
	}
	switch p.o.Iterator {
	case iproto.IteratorEQ:
		if !p.key.list.empty() {
			return errNoPages
		}
		p.o.Iterator = iproto.IteratorGT
	case iproto.IteratorALL, iproto.IteratorGE, iproto.IteratorGT:
		p.o.Iterator = iproto.IteratorGT
	case iproto.IteratorLE, iproto.IteratorLT:
		p.o.Iterator = iproto.IteratorLT
	default:
		return errNoPages
	}
	fields, _, err := unwrap(last)
	if err != nil {
		return err
	}
	tuple, err := msgp.NewArray(fields)
	if err != nil {
		return err
	}
	key := msgp.AppendArrayHeader(nil, len(info.Parts))
	for _, part := range info.Parts {
		if part.Path != "" || part.IsNullable || int(part.Field) >= tuple.Len() {
			return errNoPages
		}
		key = append(key, tuple.At(int(part.Field))...)
	}
	p.key = RawKey(key)
	return tuple.Err()
}

// indexInfo returns what is known of the index, nil when nothing is.
func (x Index) indexInfo() *IndexInfo {
	info := x.info()
	if info == nil {
		return nil
	}
	for i := range info.Indexes {
		ix := &info.Indexes[i]
		if x.index.name != "" && ix.Name == x.index.name || x.index.name == "" && ix.ID == x.index.id {
			return ix
		}
	}
	return nil
}
