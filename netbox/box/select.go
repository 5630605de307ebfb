package box

import (
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A page is a SELECT in the making: what its handler is asked for, and the
// answer with what is taken of the handler's tuples.
type page struct {
	query  Query
	fetch  bool   // the client wants the position of the last tuple
	behind bool   // the tuples are behind Query.After
	skip   uint32 // how many of them are left out
	data   data
	dst    []byte // what the answer is appended to
	last   int    // bytes of the tuple that came last, which dst ends with
}

// selectTuples is the action of a SELECT.
func selectTuples(r *Request, dst []byte) ([]byte, error) {
	m, _, err := iproto.ParseSelect(r.body)
	if err != nil {
		return dst, err
	}
	p := &page{fetch: m.FetchPosition, skip: m.Offset, data: data{r: r}}
	q := &p.query
	if err := q.read(r.fn.space, &m); err != nil {
		return dst, err
	}
	tuples, err := q.Space.Handler.Select(r.ctx, r, q)
	if err != nil {
		return dst, err
	}
	p.behind = q.After.Len() == 0
	p.dst = p.data.begin(dst, iproto.FeatureDMLTupleExtension)
	for t := range tuples {
		if p.data.count == int(q.Limit) {
			break
		}
		if err = p.take(t); err != nil {
			return p.dst[:len(dst)], err
		}
	}
	if p.fetch && p.last > 0 {
		p.data.position = p.position()
	}
	return p.data.end(p.dst)
}

// read reads what a SELECT asks for.
func (q *Query) read(s *Space, m *iproto.Select) (err error) {
	q.Space, q.Iterator, q.Limit, q.Offset = s, m.Iterator, m.Limit, m.Offset
	if q.Key, err = msgp.NewArray(m.Key); err != nil {
		return err
	}
	if q.Index, err = s.index(m.Index); err != nil {
		return err
	}
	if err = q.Index.checkKey(&q.Key, q.Iterator); err != nil {
		return err
	}
	return q.seek(m)
}

// take takes the next tuple, if it belongs to the page.
func (p *page) take(tuple any) (err error) {
	if p.behind && p.skip > 0 {
		p.skip--
		return nil
	}
	start := len(p.dst)
	if p.dst, err = appendTuple(p.dst, tuple); err != nil {
		return err
	}
	if !p.behind && !p.arrives(p.dst[start:]) {
		p.dst = p.dst[:start]
		return nil
	}
	p.last = len(p.dst) - start
	p.dst = p.data.tuple(p.dst, start, p.query.Space)
	return nil
}

// arrives reports whether the first tuple behind Query.After has come, and is
// not left out.
func (p *page) arrives(encoded []byte) bool {
	tuple, _ := msgp.NewArray(encoded)
	if p.behind = p.query.passes(&tuple); p.behind && p.skip > 0 {
		p.skip--
		return false
	}
	return p.behind
}

// position returns that of the last tuple.
func (p *page) position() []byte {
	tuple, _ := msgp.NewArray(p.dst[len(p.dst)-p.last:])
	return p.query.Index.appendPosition(nil, &tuple)
}
