package netbox

import (
	"context"
	"strconv"

	"github.com/kharon-net/kharon/codec/iproto"
)

// An Index is an index of a space, for requests. It is a value that may be
// copied, and that goes on to work when the schema changes.
type Index struct {
	requester Requester
	space     *space
	index     *index
}

// SelectOptions are the options of a Select. The zero value asks for all tuples
// that have the key.
type SelectOptions struct {
	// Iterator is which tuples: those equal to the key (the default), below it,
	// and so on. Without a key, the default is all of them.
	Iterator iproto.Iterator

	// Limit is how many tuples at most. 0 means all.
	Limit uint32

	// Offset is how many tuples to leave out first.
	Offset uint32

	// After is the position the last page ended at, of Result.Position. Nil
	// means the beginning.
	After []byte

	// AfterTuple is the tuple the last page ended with, as Insert takes it. Nil
	// means the beginning.
	AfterTuple any

	// FetchPosition asks for Result.Position.
	FetchPosition bool

	// PageSize is how many tuples Pairs and Rows ask for at once; others take no
	// notice of it. 0 means as many as come to about 60 kB, of tuples like those
	// before.
	PageSize uint32
}

// index_ is how the generic functions find the index of a Space.
func (x Index) index_() Index { return x }

// request begins a request about the index.
func (x Index) request(typ iproto.Type) (r Request) {
	r.typ, r.space, r.index, r.stream = typ, x.space, x.index, x.requester.stream
	return r
}

// SelectRequest is Select as a request.
func (x Index) SelectRequest(key Parts, o SelectOptions) (r Request) {
	r.typ, r.space, r.index, r.stream = iproto.TypeSelect, x.space, x.index, x.requester.stream
	r.list, r.iterator, r.limit, r.offset = key.list, o.Iterator, o.Limit, o.Offset
	if r.limit == 0 {
		r.limit = iproto.NoLimit
	}
	if r.iterator == iproto.IteratorEQ && key.list.empty() {
		r.iterator = iproto.IteratorALL
	}
	if o.After != nil || o.AfterTuple != nil || o.FetchPosition {
		r.more = o.extras()
	}
	return r
}

func (o *SelectOptions) extras() *extras {
	m := &extras{position: o.After, fetch: o.FetchPosition}
	if o.AfterTuple != nil {
		m.after = wholeList(o.AfterTuple)
	}
	return m
}

// Select returns tuples. See the functions Select and AppendSelect for decoded
// ones. Safe to call from any goroutine, and from fibers.
func (x Index) Select(ctx context.Context, key Parts, o SelectOptions) (Result, error) {
	return x.requester.Do(ctx, x.SelectRequest(key, o))
}

// Get returns the one tuple that has the key; its Len is 0 when there is none.
// Two of them are an error, iproto.CodeMoreThanOneTuple. Safe to call from any
// goroutine, and from fibers.
func (x Index) Get(ctx context.Context, key Parts) (Tuple, error) {
	r := x.request(iproto.TypeSelect)
	r.list, r.limit = key.list, 2
	return x.one(ctx, r)
}

// Min returns the first tuple that has the key, or the first of all; its Len is
// 0 when there is none. Safe to call from any goroutine, and from fibers.
func (x Index) Min(ctx context.Context, key Parts) (Tuple, error) {
	return x.one(ctx, x.SelectRequest(key, SelectOptions{Iterator: iproto.IteratorGE, Limit: 1}))
}

// Max returns the last tuple that has the key, or the last of all; its Len is 0
// when there is none. Safe to call from any goroutine, and from fibers.
func (x Index) Max(ctx context.Context, key Parts) (Tuple, error) {
	return x.one(ctx, x.SelectRequest(key, SelectOptions{Iterator: iproto.IteratorLE, Limit: 1}))
}

// Count returns how many tuples there are, of Iterator in o. It is a call of a
// function of the server's. Safe to call from any goroutine, and from fibers.
func (x Index) Count(ctx context.Context, key Parts, o SelectOptions) (int64, error) {
	raw, err := key.list.append(nil)
	if err != nil {
		return 0, err
	}
	args := []any{Value(raw)}
	if o.Iterator != iproto.IteratorEQ {
		args = append(args, map[string]any{"iterator": o.Iterator.String()})
	}
	n := int64(0)
	err = x.requester.DoFunc(ctx, Call(x.path()+":count", args...), func(r Result) error {
		n = r.Int(0)
		return r.Err()
	})
	return n, err
}

// path is how Lua names the index. Old servers understand no brackets, which
// names need that are none in Lua, and numbers.
func (x Index) path() string {
	space, index := x.space.name, x.index.name
	if info := x.info(); info != nil {
		space = info.Name
	}
	if info := x.indexInfo(); info != nil {
		index = info.Name
	}
	return "box.space" + member(space, x.space.id) + ".index" + member(index, x.index.id)
}

// member is .name, [number] or ["name"].
func member(name string, id uint32) string {
	switch {
	case name == "":
		return "[" + strconv.FormatUint(uint64(id), 10) + "]"
	case isLuaName(name):
		return "." + name
	}
	return `["` + name + `"]`
}

func isLuaName(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Update applies operations to the tuple that has the key, and returns it as it
// is then; its Len is 0 when there is none. Safe to call from any goroutine, and
// from fibers.
func (x Index) Update(ctx context.Context, key Parts, ops ...Op) (Tuple, error) {
	return x.one(ctx, x.UpdateRequest(key, ops...))
}

// UpdateRequest is Update as a request.
func (x Index) UpdateRequest(key Parts, ops ...Op) Request {
	r := x.request(iproto.TypeUpdate)
	r.list, r.more = key.list, &extras{ops: opList(ops)}
	return r
}

// Delete deletes the tuple that has the key, and returns it; its Len is 0 when
// there was none. Safe to call from any goroutine, and from fibers.
func (x Index) Delete(ctx context.Context, key Parts) (Tuple, error) {
	return x.one(ctx, x.DeleteRequest(key))
}

// DeleteRequest is Delete as a request.
func (x Index) DeleteRequest(key Parts) Request {
	r := x.request(iproto.TypeDelete)
	r.list = key.list
	return r
}

// errMoreThanOne has the words of net.box.
var errMoreThanOne = &LocalError{iproto.CodeMoreThanOneTuple, "Get() doesn't support partial keys and non-unique indexes"}

// one makes a request whose answer is one tuple at most.
func (x Index) one(ctx context.Context, req Request) (t Tuple, err error) {
	r, err := x.requester.Do(ctx, req)
	if err != nil || r.Len() == 0 {
		return t, err
	}
	if r.Len() > 1 {
		return t, errMoreThanOne
	}
	return r.tuple(r.At(0), x.info())
}

// info returns what is known of the index's space.
func (x Index) info() *SpaceInfo { return Space{x}.Info() }

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
