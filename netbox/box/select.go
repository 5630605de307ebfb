package box

import (
	"iter"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// selectTuples is the action of a SELECT.
func selectTuples(r *Request, dst []byte) ([]byte, error) {
	m, _, err := iproto.ParseSelect(r.body)
	if err != nil {
		return dst, err
	}
	q, err := newQuery(r.fn.space, &m)
	if err != nil {
		return dst, err
	}
	tuples, err := q.Space.Handler.Select(r.ctx, r, q)
	if err != nil {
		return dst, err
	}
	p := page{query: q, fetch: m.FetchPosition, behind: q.After.Len() == 0, skip: q.Offset}
	return r.appendData(dst, func(dst []byte, d *data) ([]byte, error) { return p.append(dst, d, tuples) })
}

// newQuery reads what a SELECT asks for.
func newQuery(s *Space, m *iproto.Select) (q *Query, err error) {
	q = &Query{Space: s, Iterator: m.Iterator, Limit: m.Limit, Offset: m.Offset}
	if q.Key, err = msgp.NewArray(m.Key); err != nil {
		return nil, err
	}
	if q.Index, err = s.index(m.Index); err != nil {
		return nil, err
	}
	if err = q.Index.checkKey(&q.Key, q.Iterator); err != nil {
		return nil, err
	}
	return q, q.seek(m)
}

// A page is what a SELECT takes of the tuples that its handler has.
type page struct {
	query  *Query
	fetch  bool   // the client wants the position of the last tuple
	behind bool   // the tuples are behind Query.After
	skip   uint32 // how many of them are left out
}

// append appends the tuples of the page.
func (p *page) append(dst []byte, d *data, tuples iter.Seq[any]) (out []byte, err error) {
	var last int // bytes of the tuple that came last
	for t := range tuples {
		if d.count == int(p.query.Limit) {
			break
		}
		if p.behind && p.skip > 0 {
			p.skip--
			continue
		}
		start := len(dst)
		if dst, err = appendTuple(dst, t); err != nil {
			return dst, err
		}
		if !p.takes(dst[start:]) {
			dst = dst[:start]
			continue
		}
		last = len(dst) - start
		dst = d.tuple(dst, start, p.query.Space)
	}
	if p.fetch && last > 0 {
		tuple, _ := msgp.NewArray(dst[len(dst)-last:])
		d.position = p.query.Index.appendPosition(nil, &tuple)
	}
	return dst, nil
}

// takes reports whether a tuple belongs to the page.
func (p *page) takes(encoded []byte) bool {
	if p.behind {
		return true
	}
	tuple, _ := msgp.NewArray(encoded)
	if p.behind = p.query.passes(&tuple); p.behind && p.skip > 0 {
		p.skip--
		return false
	}
	return p.behind
}
