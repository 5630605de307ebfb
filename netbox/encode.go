package netbox

import (
	"fmt"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
)

// append appends the frame of the request to the output of l and returns it; on
// error the output is as it was. Called with l.mu held.
func (r *Request) append(l *link, sync uint64) (out []byte, err error) {
	stream := uint64(0)
	if r.stream != nil {
		if err := r.stream.check(r, l); err != nil {
			return l.out, err
		}
		stream = r.stream.id
	}
	if r.typ == iproto.TypePing {
		return iproto.AppendPing(l.out, sync, stream), nil
	}
	out, mark := iproto.BeginFrame(l.out)
	out = iproto.AppendRequestHeader(out, r.typ, sync, stream)
	if out, err = r.appendBody(out, l); err != nil {
		return l.out, err
	}
	if out, err = iproto.CloseFrame(out, mark, 0); err != nil {
		return l.out, fmt.Errorf("%w: %w", errEncode, err)
	}
	return out, nil
}

func (r *Request) appendBody(dst []byte, l *link) ([]byte, error) {
	switch r.typ {
	case iproto.TypeCall, iproto.TypeCall16:
		return r.list.append(iproto.AppendCallHead(dst, r.text))
	case iproto.TypeEval:
		return r.list.append(iproto.AppendEvalHead(dst, r.text))
	case iproto.TypeID:
		return l.conn.opts.id().Append(dst), nil
	case iproto.TypeAuth:
		return append(dst, r.list.raw...), nil
	case iproto.TypeWatchOnce:
		if !l.has(iproto.FeatureWatchOnce) {
			return dst, &FeatureError{iproto.FeatureWatchOnce}
		}
		return iproto.Watch{Key: []byte(r.text)}.Append(dst), nil
	case iproto.TypeExecute, iproto.TypePrepare:
		return r.appendSQL(dst)
	case iproto.TypeBegin, iproto.TypeCommit, iproto.TypeRollback:
		return r.extra().begin.Append(dst), nil
	}
	return r.appendData(dst, l)
}

// has reports whether the server has a feature.
func (l *link) has(f iproto.Feature) bool { return l.intro.Load().id.Features.Has(f) }

// encodeInto encodes lists behind each other into the scratch buffer of l, and
// returns them.
func (l *link) encodeInto(lists ...*list) (parts [2][]byte, err error) {
	buf := l.scratch[:0]
	var ends [2]int
	for i, a := range lists {
		if buf, err = a.append(buf); err != nil {
			return parts, err
		}
		ends[i] = len(buf)
	}
	l.scratch = buf
	if cap(buf) > 64<<10 {
		l.scratch = nil
	}
	start := 0
	for i := range lists {
		parts[i] = buf[start:ends[i]]
		start = ends[i]
	}
	return parts, nil
}

// appendData appends the body of a request about a space.
func (r *Request) appendData(dst []byte, l *link) ([]byte, error) {
	space, index, err := r.refs(l)
	if err != nil {
		return dst, err
	}
	switch r.typ {
	case iproto.TypeSelect:
		return r.appendSelect(dst, l, space, index)
	case iproto.TypeUpdate, iproto.TypeUpsert:
		return r.appendUpdate(dst, l, space, index)
	case iproto.TypeInsertArrow:
		if !l.has(iproto.FeatureInsertArrow) {
			return dst, &FeatureError{iproto.FeatureInsertArrow}
		}
		return iproto.InsertArrow{Space: space, Arrow: ext.AppendArrow(nil, ext.Arrow{Stream: r.raw})}.Append(dst), nil
	}
	p, err := l.encodeInto(&r.list)
	if err != nil {
		return dst, err
	}
	if r.typ == iproto.TypeDelete {
		return iproto.Delete{Space: space, Index: index, Key: p[0]}.Append(dst), nil
	}
	return iproto.Insert{Space: space, Tuple: p[0]}.Append(dst), nil
}

func (r *Request) appendUpdate(dst []byte, l *link, space, index iproto.Ref) ([]byte, error) {
	p, err := l.encodeInto(&r.list, &r.more.ops)
	if err != nil {
		return dst, err
	}
	if r.typ == iproto.TypeUpsert {
		return iproto.Upsert{Space: space, Tuple: p[0], Ops: p[1]}.Append(dst), nil
	}
	return iproto.Update{Space: space, Index: index, Key: p[0], Ops: p[1]}.Append(dst), nil
}

func (r *Request) appendSelect(dst []byte, l *link, space, index iproto.Ref) ([]byte, error) {
	if !r.iterator.Known() {
		return dst, &LocalError{72, fmt.Sprintf("Unknown iterator type '%d'", uint32(r.iterator))}
	}
	if r.more == nil {
		return r.list.append(iproto.AppendSelectHead(dst, space, index, r.iterator, r.offset, r.limit))
	}
	s := iproto.Select{Space: space, Index: index, Iterator: r.iterator, Offset: r.offset, Limit: r.limit}
	if err := r.pages(l, space); err != nil {
		return dst, err
	}
	p, err := l.encodeInto(&r.list, &r.more.after)
	if err != nil {
		return dst, err
	}
	s.Key, s.AfterPosition, s.FetchPosition = p[0], r.more.position, r.more.fetch
	if !r.more.after.empty() {
		s.AfterTuple = p[1]
	}
	return s.Append(dst), nil
}

// versionViewPages is the first release that survives pages of a system view.
const versionViewPages iproto.VersionID = 3<<16 | 6<<8

// pages tells what speaks against pagination.
func (r *Request) pages(l *link, space iproto.Ref) error {
	m := r.more
	switch {
	case m.position == nil && m.after.empty() && !m.fetch:
		return nil
	case !l.has(iproto.FeaturePagination):
		return errNoPages
	case space.Name == nil && space.ID > 256 && space.ID < 512 && l.intro.Load().greeting.VersionID < versionViewPages:
		return &LocalError{5, "Remote server does not survive pagination of system views"}
	}
	return nil
}
