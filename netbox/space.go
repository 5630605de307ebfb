package netbox

import (
	"context"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A Space is a space of the server, for requests: by way of its primary index,
// whose methods it has, too. It is a value that may be copied, and that goes on
// to work when the schema changes: the name is looked up when a request is
// encoded.
type Space struct{ primaryIndex }

// primaryIndex is an Index under a name that leaves Space.Index to the method.
type primaryIndex = Index

// Space returns the space of that name. Whether there is one shows when it is
// used: the error is then iproto.CodeNoSuchSpace. Safe to call from any
// goroutine.
func (r Requester) Space(name string) Space {
	return Space{Index{requester: r, space: r.names().named(name), index: primary}}
}

// SpaceByID returns the space with that number. Safe to call from any goroutine.
func (r Requester) SpaceByID(id uint32) Space {
	return Space{Index{requester: r, space: &space{id: id}, index: primary}}
}

var primary = &index{}

// Index returns the index of that name. Whether there is one shows when it is
// used: the error is then iproto.CodeNoSuchIndexName. Safe to call from any
// goroutine.
func (s Space) Index(name string) Index {
	return Index{requester: s.requester, space: s.space, index: s.space.named(name)}
}

// IndexByID returns the index with that number; 0 is the primary one. Safe to
// call from any goroutine.
func (s Space) IndexByID(id uint32) Index {
	return Index{requester: s.requester, space: s.space, index: &index{id: id}}
}

// Info returns what the schema tells of the space, nil when there is none of the
// name, or no schema. It must not be changed. Safe to call from any goroutine.
func (s Space) Info() *SpaceInfo {
	schema := s.requester.pinned().conn.schema
	if s.space.name != "" {
		return schema.info(s.space)
	}
	return schema.known.Load().SpaceByID(s.space.id)
}

// Insert inserts a tuple: a []any, another slice, a Value, or a struct, whose
// fields are those of the tuple, in the order in which Select fills them. It
// returns the tuple as it was stored; see TupleAs. Safe to call from any
// goroutine, and from fibers.
func (s Space) Insert(ctx context.Context, tuple any) (Tuple, error) {
	return s.one(ctx, s.InsertRequest(tuple))
}

// InsertRequest is Insert as a request.
func (s Space) InsertRequest(tuple any) Request { return s.store(iproto.TypeInsert, tuple) }

// Replace inserts a tuple, in the place of the one with the same primary key if
// there is one. It returns the tuple as it was stored. Safe to call from any
// goroutine, and from fibers.
func (s Space) Replace(ctx context.Context, tuple any) (Tuple, error) {
	return s.one(ctx, s.ReplaceRequest(tuple))
}

// ReplaceRequest is Replace as a request.
func (s Space) ReplaceRequest(tuple any) Request { return s.store(iproto.TypeReplace, tuple) }

// Upsert inserts a tuple, or applies the operations to the one with the same
// primary key. Safe to call from any goroutine, and from fibers.
func (s Space) Upsert(ctx context.Context, tuple any, ops ...Op) error {
	return s.requester.DoFunc(ctx, s.UpsertRequest(tuple, ops...), nil)
}

// UpsertRequest is Upsert as a request.
func (s Space) UpsertRequest(tuple any, ops ...Op) Request {
	r := s.store(iproto.TypeUpsert, tuple)
	r.more = &extras{ops: opList(ops)}
	return r
}

func (s Space) store(typ iproto.Type, tuple any) Request {
	r := s.request(typ)
	r.list = wholeList(tuple)
	return r
}

// InsertArrow inserts the rows of a stream of Arrow IPC: schema and record
// batch. Safe to call from any goroutine, and from fibers.
func (s Space) InsertArrow(ctx context.Context, stream []byte) error {
	return s.requester.DoFunc(ctx, s.InsertArrowRequest(stream), nil)
}

// InsertArrowRequest is InsertArrow as a request. The stream must not change
// while it is sent.
func (s Space) InsertArrowRequest(stream []byte) Request {
	r := s.request(iproto.TypeInsertArrow)
	r.raw = stream
	return r
}
