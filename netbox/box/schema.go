package box

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/kharon-net/kharon/codec/iproto"
)

// firstSchemaVersion is the version of the schema of a server without spaces.
const firstSchemaVersion = 1

// firstSpaceID is the lowest number of a space that is the user's.
const firstSpaceID = 512

// A Space is what clients see as a space: a name, fields, indexes, and a
// handler that has the tuples.
type Space struct {
	// ID is the number of the space, 512 or more. 0 means one that is free.
	ID uint32

	// Name is by which clients find the space.
	Name string

	// Engine is what clients are told of how tuples are kept. Empty means
	// "memtx".
	Engine string

	// Format are the fields that all tuples have, in their order. More of
	// them, and none, are allowed.
	Format []Field

	// Indexes are by what tuples are found, the primary one first.
	Indexes []Index

	// Handler has the tuples. If it is a Changer as well, clients can change
	// them.
	Handler Selecter

	// Mode is how Handler runs. 0 means Config.Mode.
	Mode Mode

	read, write *function // what answers SELECT, and the others
	formats     []byte    // TUPLE_FORMATS of an answer whose tuples have the format 0
}

// serve makes what answers the requests.
func (s *Space) serve() *Space {
	s.read = &function{name: s.Name, act: selectTuples, mode: s.Mode, space: s}
	s.write = &function{name: s.Name, act: change, mode: s.Mode, space: s}
	s.formats = formats{s.Format}.append(nil)
	s.Indexes = slices.Clone(s.Indexes)
	for i := range s.Indexes {
		ix := &s.Indexes[i]
		setDefault(&ix.Type, "tree")
		ix.order = orderOf(ix, &s.Indexes[0])
	}
	return s
}

// A Field is a field of the tuples of a space.
type Field struct {
	Name     string `msgpack:"name"`
	Type     string `msgpack:"type"` // "unsigned", "string", "any" and so on
	Nullable bool   `msgpack:"is_nullable,omitempty"`
}

// An Index is a way to find the tuples of a space. A tree keeps them in the
// order of its parts: numbers by their value, strings byte by byte, nil before
// anything else. That is what pages rely on (see Query.After); a hash promises
// no order, and has no pages.
type Index struct {
	Name      string
	Type      string // "tree" or "hash"; empty means "tree"
	NotUnique bool   // several tuples may have the same key
	Parts     []Part

	order []Part // what no two tuples have in common: Parts, and those of the primary index
}

// A Part is a part of the key of an index.
type Part struct {
	Field int    // of the tuple, from 1
	Type  string // "unsigned", "string" and so on
}

// A Query is what a SELECT asks for. Its key fits the index: it has no more
// parts, and they have the right types.
type Query struct {
	Space    *Space
	Index    *Index
	Iterator iproto.Iterator
	Key      Args // a view of the request
	Limit    uint32
	Offset   uint32

	// After is behind which tuple to begin, when the client asks for the next
	// page: its fields that Index.Parts name, and then those of the parts of
	// the primary index that are not among them. Its Len is 0 when the client
	// begins at the beginning. A handler that begins there saves the way; the
	// server leaves out what comes before it in any case.
	After Args
}

// A Change is what one of the other requests for tuples asks for.
type Change struct {
	Type      iproto.Type // TypeInsert, TypeReplace, TypeUpdate, TypeDelete or TypeUpsert
	Space     *Space
	Index     *Index // of UPDATE and DELETE
	Key       Args   // of UPDATE and DELETE, all parts of it
	Tuple     Args   // of INSERT, REPLACE and UPSERT
	Ops       Args   // of UPDATE and UPSERT
	IndexBase int    // the number of the first field in Ops
}

// A Selecter answers SELECT requests.
type Selecter interface {
	// Select returns the tuples that the iterator finds for the key, in its
	// order. The server leaves out those up to Query.After, skips Offset of
	// the others and takes Limit. Each is something that is an array in
	// MessagePack; the server sees to that. The sequence is taken before the
	// request has ended. See Query.Finds and Query.Descending.
	Select(ctx context.Context, req *Request, q *Query) (iter.Seq[any], error)
}

// A Changer does the requests that change tuples.
type Changer interface {
	// Change returns the tuple as it is now, or was before a DELETE; nil when
	// there is none. What UPSERT returns is not looked at.
	Change(ctx context.Context, req *Request, c *Change) (tuple any, err error)
}

// A schema is what clients know of the spaces. It is not changed once
// published.
type schema struct {
	version uint64
	spaces  []*Space
	byID    map[uint32]*Space
	byName  map[string]*Space
}

// schemaVersion stands in every answer.
func (s *Server) schemaVersion() uint64 { return s.schema.Load().version }

// SetSpaces publishes the spaces, instead of those before: clients that see
// the new version of the schema, which the next answer tells them, read it
// again. The spaces must not be changed afterwards. The error says what is
// wrong with one of them. Safe to call from any goroutine, also while the
// server runs.
func (s *Server) SetSpaces(spaces ...Space) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := &schema{version: s.schemaVersion() + 1, byID: map[uint32]*Space{}, byName: map[string]*Space{}}
	free := uint32(firstSpaceID)
	for _, space := range spaces {
		free = max(free, space.ID+1)
	}
	for _, space := range spaces {
		if space.ID == 0 {
			space.ID = free
			free++
		}
		setDefault(&space.Engine, "memtx")
		setDefault(&space.Mode, s.cfg.Mode)
		if err := next.add(&space); err != nil {
			return err
		}
	}
	slices.SortFunc(next.spaces, func(a, b *Space) int { return cmp.Compare(a.ID, b.ID) })
	s.schema.Store(next)
	s.announceSchema(next.version)
	return nil
}

func (sc *schema) add(space *Space) error {
	switch {
	case space.Name == "" || space.Handler == nil:
		return fmt.Errorf("box: space %d (%q) needs a name and a handler", space.ID, space.Name)
	case space.ID < firstSpaceID:
		return fmt.Errorf("box: space %q has the number %d, want %d or more", space.Name, space.ID, firstSpaceID)
	case sc.byID[space.ID] != nil || sc.byName[space.Name] != nil:
		return fmt.Errorf("box: space %q (%d) is there twice", space.Name, space.ID)
	}
	for i := range space.Indexes {
		for _, p := range space.Indexes[i].Parts {
			if p.Field < 1 {
				return fmt.Errorf("box: index %q of space %q: a part is field %d, want 1 or more",
					space.Indexes[i].Name, space.Name, p.Field)
			}
		}
	}
	space.serve()
	sc.spaces = append(sc.spaces, space)
	sc.byID[space.ID], sc.byName[space.Name] = space, space
	return nil
}

// space finds what a request names.
func (sc *schema) space(ref iproto.Ref) (*Space, error) {
	name := string(ref.Name)
	space := sc.byName[name]
	if ref.Name == nil {
		name = fmt.Sprint(ref.ID)
		if space = sc.byID[ref.ID]; space == nil {
			space = sc.view(ref.ID)
		}
	} else if space == nil {
		space = sc.viewNamed(name)
	}
	if space == nil {
		return nil, iproto.NewError(iproto.CodeNoSuchSpace, fmt.Sprintf("Space '%s' does not exist", name), "space", name)
	}
	return space, nil
}

// index finds what a request names.
func (s *Space) index(ref iproto.Ref) (*Index, error) {
	if ref.Name == nil {
		if int64(ref.ID) < int64(len(s.Indexes)) {
			return &s.Indexes[ref.ID], nil
		}
		return nil, iproto.NewError(iproto.CodeNoSuchIndexID, fmt.Sprintf("No index #%d is defined in space '%s'", ref.ID, s.Name))
	}
	for i := range s.Indexes {
		if s.Indexes[i].Name == string(ref.Name) {
			return &s.Indexes[i], nil
		}
	}
	return nil, iproto.NewError(iproto.CodeNoSuchIndexName, fmt.Sprintf("No index '%s' is defined in space '%s'", ref.Name, s.Name))
}
