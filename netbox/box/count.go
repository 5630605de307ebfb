package box

import (
	"regexp"
	"strconv"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// countCall are the names that index:count() of net.box calls: of Tarantool 3
// with names or numbers, and of 2.6.
//
//	box.space["bands"].index["pk"]:count
//	box.space[512].index[0]:count
//	box.space.bands.index.pk:count
var countCall = regexp.MustCompile(`^box\.space(?:\["(.+)"\]|\[(\d+)\]|\.(.+))\.index(?:\["(.+)"\]|\[(\d+)\]|\.(.+)):count$`)

// countFunction returns what answers a call of that kind, nil for other names.
func (x *session) countFunction(name string) *function {
	m := countCall.FindSubmatch([]byte(name))
	sc := x.srv.schema.Load()
	if m == nil || len(sc.spaces) == 0 {
		return nil
	}
	space, err := sc.space(refOf(m[1:4]))
	if err != nil || x.mayUse(space, iproto.TypeSelect) != nil {
		return nil
	}
	index, err := space.index(refOf(m[4:7]))
	if err != nil {
		return nil
	}
	return &function{name: name, act: countTuples, mode: space.Mode, space: space, index: index}
}

// refOf makes a reference of a name, a number and a name, of which two are
// nil.
func refOf(forms [][]byte) iproto.Ref {
	if forms[1] != nil {
		id, _ := strconv.ParseUint(string(forms[1]), 10, 32)
		return iproto.Ref{ID: uint32(id)}
	}
	return iproto.Ref{Name: append(forms[0], forms[2]...)}
}

// countTuples is the action of such a call, whose arguments are a key, or one
// part of it, and options with an iterator.
func countTuples(r *Request, dst []byte) ([]byte, error) {
	q := Query{Space: r.fn.space, Index: r.fn.index, Limit: iproto.NoLimit}
	var err error
	if q.Key, err = msgp.NewArray([]byte{0x90}); err != nil {
		return dst, err
	}
	if r.args.Len() > 0 {
		switch key := r.args.At(0); msgp.KindOf(key[0]) {
		case msgp.KindNil:
		case msgp.KindArray:
			q.Key, err = msgp.NewArray(key)
		default:
			q.Key, err = msgp.NewArray(append([]byte{0x91}, key...))
		}
	}
	if err == nil && r.args.Len() > 1 {
		q.Iterator, err = iteratorOption(r.args.At(1))
	}
	if err == nil {
		err = q.Index.checkKey(&q.Key, q.Iterator)
	}
	if err != nil {
		return dst, err
	}
	tuples, err := q.Space.Handler.Select(r.ctx, r, &q)
	if err != nil {
		return dst, err
	}
	n := 0
	for range tuples {
		n++
	}
	return r.appendResults(dst, n)
}

// iteratorOption reads the iterator from options: a number, or a name.
func iteratorOption(options msgp.Raw) (iproto.Iterator, error) {
	if msgp.KindOf(options[0]) != msgp.KindMap {
		return iproto.IteratorEQ, nil
	}
	var o struct {
		Iterator any `msgpack:"iterator"`
	}
	if err := options.Decode(&o); err != nil {
		return 0, err
	}
	switch v := o.Iterator.(type) {
	case nil:
		return iproto.IteratorEQ, nil
	case string:
		for it := iproto.IteratorEQ; it.Known(); it++ {
			if it.String() == v {
				return it, nil
			}
		}
	case int64:
		return iproto.Iterator(v), nil
	case int8: // what msgpack makes of small numbers
		return iproto.Iterator(v), nil
	}
	return 0, illegalParams("Invalid iterator type")
}
