package netbox

import (
	"context"
	"math"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// How much a pager asks for at once that was not told.
const (
	firstPage = 100     // tuples
	pageBytes = 60_000  // what the others come to, as far as the last one tells
	maxPage   = 100_000 // tuples
)

// A pager asks for one page after the other, and for the next one while its
// caller is busy with the last: it holds two pages at most. It belongs to one
// goroutine or fiber.
type pager struct {
	x      Index
	key    Parts
	o      SelectOptions
	size   uint32  // of the next page, in tuples
	left   uint32  // tuples that are wanted and not in a page yet
	ahead  *Future // the page that was asked for; nil: none was
	fitted bool    // the size is for us to choose
	given  *Future // the page that the caller has; nil: none, or it is not the future's
}

func newPager(x Index, key Parts, o SelectOptions) *pager {
	x.requester = x.requester.pinned() // a page goes on where another one of the same server ended
	p := &pager{x: x, key: key, o: o, size: o.PageSize, left: o.Limit, fitted: o.PageSize == 0}
	if p.size == 0 {
		p.size = firstPage
	}
	if p.left == 0 {
		p.left = math.MaxUint32
	}
	return p
}

// next returns the next page, which is valid until it is called again, and asks
// for the one behind it. more is false when there is none.
func (p *pager) next(ctx context.Context) (page Result, more bool, err error) {
	p.free()
	switch {
	case p.left == 0:
		return page, false, nil
	case ctx.Err() != nil:
		return page, false, context.Cause(ctx) // though the next page may be here
	}
	if d := p.x.requester.timeout; d > 0 {
		bounded, cancel := context.WithTimeoutCause(ctx, d, errTimedOut)
		defer cancel()
		ctx = bounded
	}
	if p.ahead == nil {
		if err := p.begin(ctx); err != nil {
			return page, false, err
		}
	}
	if page, err = p.receive(ctx); err != nil {
		return page, false, err
	}
	if err = p.advance(&page); err == nil && p.left > 0 {
		p.ask()
	}
	return page, true, err
}

// begin waits for the connection, whose features decide, and asks for the first
// page.
func (p *pager) begin(ctx context.Context) error {
	c := p.x.requester.conn
	if _, err := c.machine.wait(ctx, true, StateActive); err != nil {
		return c.waitError(err)
	}
	p.o.FetchPosition = c.Features().Has(iproto.FeaturePagination)
	p.ask()
	return nil
}

// ask asks for the page at hand.
func (p *pager) ask() {
	p.o.Limit = min(p.size, p.left)
	req := p.x.SelectRequest(p.key, p.o)
	p.ahead = p.x.requester.conn.send(&req, true)
}

// receive waits for the page that was asked for. When that has failed it asks
// again as somebody who can wait, for a connection and for room, and who retries.
func (p *pager) receive(ctx context.Context) (Result, error) {
	f := p.ahead
	p.ahead = nil
	page, err := f.Wait(ctx)
	switch {
	case err == nil:
		p.given = f
	case ctx.Err() != nil:
		f.Discard()
	default:
		f.Release()
		page, err = p.x.Select(ctx, p.key, p.o)
	}
	return page, err
}

// free gives the last page back.
func (p *pager) free() {
	if p.given != nil {
		p.given.Release()
		p.given = nil
	}
}

// stop gives back what there is, and what is on its way.
func (p *pager) stop() {
	p.free()
	if p.ahead != nil {
		p.ahead.Discard()
		p.ahead = nil
	}
	p.left = 0
}

// advance goes behind a page.
func (p *pager) advance(page *Result) error {
	n := uint32(page.Len())
	full := n >= p.o.Limit
	if p.fitted && n > 0 {
		fitting := uint32(min(pageBytes*uint64(n)/uint64(len(page.body)), maxPage))
		p.size = max(min(fitting, 4*p.size), 1)
	}
	p.o.Offset, p.o.AfterTuple = 0, nil
	if p.left -= min(n, p.left); !full || p.left == 0 {
		p.left = 0
		return nil
	}
	if !p.o.FetchPosition {
		return p.follow(page.At(int(n) - 1))
	}
	if p.o.After = page.Position(); p.o.After == nil {
		p.left = 0
	}
	return nil
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
