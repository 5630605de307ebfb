package box

import (
	"context"
	"iter"
)

// The views a client reads when it connects.
const (
	vcollation     = 277
	vspace         = 281
	vindex         = 289
	vspaceSequence = 341
)

// A view is a space of the server itself: what it has is made from the schema.
type view struct {
	rows func(sc *schema, sees func(*Space) bool) iter.Seq[any]
}

// views are the spaces of the server itself. Clients select all of a view, or
// by the number of a space, or of an index of it.
var views = []*Space{
	makeView(vcollation, "_vcollation", 1, noRows),
	makeView(vspace, "_vspace", 1, spaceRows),
	makeView(vindex, "_vindex", 2, indexRows),
	makeView(vspaceSequence, "_vspace_sequence", 1, noRows),
}

// makeView makes a view whose rows are in the order of their first fields, so
// many of them, which are numbers.
func makeView(id uint32, name string, parts int, rows func(*schema, func(*Space) bool) iter.Seq[any]) *Space {
	primary := Index{Name: "primary"}
	for i := range parts {
		primary.Parts = append(primary.Parts, Part{i + 1, "unsigned"})
	}
	s := &Space{ID: id, Name: name, Engine: "sysview", Mode: Inline, Handler: &view{rows}, Indexes: []Index{primary}}
	return s.serve()
}

// view returns the view of a number, nil when there is none.
func (sc *schema) view(id uint32) *Space {
	for _, v := range views {
		if v.ID == id {
			return v
		}
	}
	return nil
}

func (sc *schema) viewNamed(name string) *Space {
	for _, v := range views {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Select returns the rows about the spaces that the session's user may use.
func (v *view) Select(_ context.Context, req *Request, q *Query) (iter.Seq[any], error) {
	user := req.session.user.Load()
	sees := func(s *Space) bool {
		return user.check(Read, "space", s.Name) == nil || user.check(Write, "space", s.Name) == nil
	}
	rows := v.rows(req.session.srv.schema.Load(), sees)
	if q.Key.Len() == 0 {
		return rows, nil
	}
	return func(yield func(any) bool) {
		for row := range rows {
			if hasKey(row.([]any), &q.Key) && !yield(row) {
				return
			}
		}
	}, nil
}

// hasKey reports whether a row begins with the numbers of a key.
func hasKey(row []any, key *Args) bool {
	for i := range key.Len() {
		if row[i] != uint32(key.Int(i)) {
			return false
		}
	}
	return true
}

func noRows(*schema, func(*Space) bool) iter.Seq[any] { return func(func(any) bool) {} }

// spaceRows are [id, owner, name, engine, field_count, opts, format].
func spaceRows(sc *schema, sees func(*Space) bool) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, s := range sc.spaces {
			format := make([]any, len(s.Format))
			for i := range s.Format {
				format[i] = s.Format[i]
			}
			if sees(s) && !yield([]any{s.ID, 1, s.Name, s.Engine, 0, map[string]any{}, format}) {
				return
			}
		}
	}
}

// indexRows are [space_id, id, name, type, opts, parts].
func indexRows(sc *schema, sees func(*Space) bool) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, s := range sc.spaces {
			for i := range s.Indexes {
				ix := &s.Indexes[i]
				parts := make([]any, len(ix.Parts))
				for k, p := range ix.Parts {
					parts[k] = []any{p.Field - 1, p.Type}
				}
				opts := map[string]any{"unique": !ix.NotUnique}
				if sees(s) && !yield([]any{s.ID, uint32(i), ix.Name, ix.Type, opts, parts}) {
					return
				}
			}
		}
	}
}
