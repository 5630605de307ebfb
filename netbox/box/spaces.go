package box

import (
	"errors"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// space starts a request for tuples.
func (x *session) space(h *iproto.Header, body []byte) {
	ref, err := spaceOf(h.Type, body)
	if err != nil {
		x.refuse(*h, err)
		return
	}
	space, err := x.srv.schema.Load().space(ref)
	if err == nil {
		err = x.mayUse(space, h.Type)
	}
	if err != nil {
		x.start(h, &function{name: h.Type.String(), mode: Inline,
			act: func(_ *Request, dst []byte) ([]byte, error) { return dst, err }}, nil)
		return
	}
	if h.Type == iproto.TypeSelect {
		x.start(h, space.read, body)
	} else {
		x.start(h, space.write, body)
	}
}

// mayUse checks the rights of the session's user. The views show everybody
// what is his.
func (x *session) mayUse(space *Space, typ iproto.Type) error {
	right := Write
	if typ == iproto.TypeSelect {
		right = Read
	}
	if _, view := space.Handler.(*view); view && right == Read {
		return nil
	}
	if err := x.user.Load().check(right, "space", space.Name); err != nil {
		return err
	}
	return nil
}

// spaceOf checks a body and reads which space it names.
func spaceOf(typ iproto.Type, body []byte) (iproto.Ref, error) {
	switch typ {
	case iproto.TypeSelect:
		m, _, err := iproto.ParseSelect(body)
		return m.Space, err
	case iproto.TypeUpdate:
		m, _, err := iproto.ParseUpdate(body)
		return m.Space, err
	case iproto.TypeDelete:
		m, _, err := iproto.ParseDelete(body)
		return m.Space, err
	case iproto.TypeUpsert:
		m, _, err := iproto.ParseUpsert(body)
		return m.Space, err
	}
	m, _, err := iproto.ParseInsert(body)
	return m.Space, err
}

// change is the action of INSERT, REPLACE, UPDATE, DELETE and UPSERT.
func change(r *Request, dst []byte) ([]byte, error) {
	changer, ok := r.fn.space.Handler.(Changer)
	if !ok {
		name := r.fn.space.Name
		return dst, iproto.NewError(iproto.CodeViewIsRO, fmt.Sprintf("View '%s' is read-only", name), "space", name)
	}
	c, err := r.change()
	if err != nil {
		return dst, err
	}
	tuple, err := changer.Change(r.ctx, r, c)
	if err != nil {
		return dst, err
	}
	d := data{r: r}
	out := d.begin(dst, iproto.FeatureDMLTupleExtension)
	if tuple != nil && c.Type != iproto.TypeUpsert {
		start := len(out)
		if out, err = appendTuple(out, tuple); err != nil {
			return out[:len(dst)], err
		}
		out = d.tuple(out, start, c.Space)
	}
	return d.end(out)
}

// change reads what the request asks for.
func (r *Request) change() (*Change, error) {
	c := &Change{Type: r.header.Type, Space: r.fn.space}
	var index iproto.Ref
	var key, tuple, ops []byte
	switch c.Type {
	case iproto.TypeUpdate:
		m, _, _ := iproto.ParseUpdate(r.body) // spaceOf has seen it
		index, key, ops, c.IndexBase = m.Index, m.Key, m.Ops, int(m.IndexBase)
	case iproto.TypeDelete:
		m, _, _ := iproto.ParseDelete(r.body)
		index, key = m.Index, m.Key
	case iproto.TypeUpsert:
		m, _, _ := iproto.ParseUpsert(r.body)
		tuple, ops, c.IndexBase = m.Tuple, m.Ops, int(m.IndexBase)
	default:
		m, _, _ := iproto.ParseInsert(r.body)
		tuple = m.Tuple
	}
	var err error
	if key != nil {
		if c.Key, err = msgp.NewArray(key); err != nil {
			return nil, err
		}
		if c.Index, err = c.Space.index(index); err == nil {
			err = c.Index.checkExact(&c.Key)
		}
	}
	for _, field := range []struct {
		to   *Args
		from []byte
	}{{&c.Tuple, tuple}, {&c.Ops, ops}} {
		if err == nil && field.from != nil {
			*field.to, err = msgp.NewArray(field.from)
		}
	}
	return c, err
}

var errNoTuple = errors.New("box: a tuple that is no array")

// appendTuple appends what must be an array: clients trust that.
func appendTuple(dst []byte, v any) ([]byte, error) {
	start := len(dst)
	dst, err := msgp.AppendValue(dst, v)
	if err == nil && msgp.KindOf(dst[start]) != msgp.KindArray {
		err = errNoTuple
	}
	if err != nil {
		return dst[:start], err
	}
	return dst, nil
}
