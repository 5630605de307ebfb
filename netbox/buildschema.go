package netbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kharon-net/kharon/codec/msgp"
)

// A builder makes a Schema of the rows of the views. Unknown types and options
// are left alone; rows that are no rows are errors.
type builder struct {
	schema     *Schema
	collations map[uint64]string
}

func (b *builder) build(views []*viewRead) (*Schema, error) {
	b.schema.byID, b.schema.byName = map[uint32]*SpaceInfo{}, map[string]*SpaceInfo{}
	b.collations = map[uint64]string{}
	rows := map[uint32]msgp.Array{}
	for _, v := range views {
		rows[v.id] = v.rows
	}
	for _, step := range []struct {
		view uint32
		row  func(values []any) error
	}{
		{viewCollation, b.collation}, {viewSpace, b.space}, {viewIndex, b.index}, {viewSpaceSequence, b.sequence},
	} {
		view := rows[step.view]
		for raw, err := range view.All() {
			if err != nil {
				return nil, err
			}
			var values []any
			if err := raw.Decode(&values); err != nil {
				return nil, fmt.Errorf("netbox: schema: a row of view %d: %w", step.view, err)
			}
			if err := step.row(values); err != nil {
				return nil, fmt.Errorf("netbox: schema: a row of view %d: %w", step.view, err)
			}
		}
	}
	for _, info := range b.schema.byID {
		slices.SortFunc(info.Indexes, func(x, y IndexInfo) int { return cmp.Compare(x.ID, y.ID) })
	}
	return b.schema, nil
}

// at returns element i of a row, nil when there is none.
func at(row []any, i int) any {
	if i < len(row) {
		return row[i]
	}
	return nil
}

// number reads a number that is not negative.
func number(v any) (uint64, bool) {
	switch v := v.(type) {
	case int64:
		return uint64(v), v >= 0
	case uint64:
		return v, true
	}
	return 0, false
}

// id reads the number of a space, an index or a field.
func id(v any) (uint32, error) {
	n, ok := number(v)
	if !ok || n > math.MaxUint32 {
		return 0, fmt.Errorf("%v is no number", v)
	}
	return uint32(n), nil
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func yes(v any) bool {
	b, _ := v.(bool)
	return b
}

// _vcollation: [id, name, …]
func (b *builder) collation(row []any) error {
	n, ok := number(at(row, 0))
	if !ok {
		return fmt.Errorf("%v is no number", at(row, 0))
	}
	b.collations[n] = str(at(row, 1))
	return nil
}

// _vspace: [id, owner, name, engine, field_count, options, format]
func (b *builder) space(row []any) error {
	n, err := id(at(row, 0))
	if err != nil {
		return err
	}
	info := &SpaceInfo{ID: n, Name: str(at(row, 2)), Engine: str(at(row, 3))}
	info.FieldCount, _ = number(at(row, 4))
	if options, ok := at(row, 5).(map[string]any); ok {
		info.Temporary = yes(options["temporary"]) || str(options["type"]) == "temporary"
		info.IsSync = yes(options["is_sync"])
	}
	format, _ := at(row, 6).([]any)
	for _, f := range format {
		field, _ := f.(map[string]any)
		info.Fields = append(info.Fields, FieldInfo{
			Name: str(field["name"]), Type: cmp.Or(str(field["type"]), "any"), IsNullable: yes(field["is_nullable"]),
		})
	}
	b.schema.byID[n] = info
	b.schema.byName[info.Name] = info
	return nil
}

// _vindex: [space_id, id, name, type, options, parts], before 1.7 with a number
// for the options, then the count of the parts and the parts.
func (b *builder) index(row []any) error {
	of, err := id(at(row, 0))
	if err != nil {
		return err
	}
	n, err := id(at(row, 1))
	if err != nil {
		return err
	}
	info := b.schema.byID[of]
	if info == nil {
		return nil // of a space that may not be seen
	}
	index := IndexInfo{ID: n, Name: str(at(row, 2)), Type: strings.ToUpper(str(at(row, 3)))}
	parts, _ := at(row, 5).([]any)
	switch options := at(row, 4).(type) {
	case map[string]any:
		index.Unique = yes(options["unique"])
	default:
		unique, _ := number(options)
		index.Unique = unique == 1
		parts = pairParts(row)
	}
	for _, p := range parts {
		part, err := b.part(p)
		if err != nil {
			return err
		}
		index.Parts = append(index.Parts, part)
	}
	info.Indexes = append(info.Indexes, index)
	return nil
}

// pairParts makes parts of the pairs at the end of an old row.
func pairParts(row []any) (parts []any) {
	for i := 6; i+1 < len(row); i += 2 {
		parts = append(parts, []any{row[i], row[i+1]})
	}
	return parts
}

// part reads [field, type] or {field, type, …}.
func (b *builder) part(v any) (p PartInfo, err error) {
	if pair, ok := v.([]any); ok {
		p.Field, err = id(at(pair, 0))
		p.Type = str(at(pair, 1))
		return p, err
	}
	m, _ := v.(map[string]any)
	if p.Field, err = id(m["field"]); err != nil {
		return p, err
	}
	p.Type, p.Path = str(m["type"]), str(m["path"])
	p.IsNullable, p.ExcludeNull = yes(m["is_nullable"]), yes(m["exclude_null"])
	if n, ok := number(m["collation"]); ok {
		p.CollationID, p.Collation = &n, b.collations[n]
	}
	return p, nil
}

// _vspace_sequence: [space_id, sequence_id, is_generated, field, path]
func (b *builder) sequence(row []any) error {
	of, err := id(at(row, 0))
	if err != nil {
		return err
	}
	info := b.schema.byID[of]
	if info == nil {
		return nil
	}
	s := &SequenceInfo{Path: str(at(row, 4))}
	s.ID, _ = number(at(row, 1))
	if field, ok := number(at(row, 3)); ok {
		s.Field = uint32(field)
	}
	for i := range info.Indexes {
		if info.Indexes[i].ID == 0 {
			info.Indexes[i].Sequence = s
		}
	}
	return nil
}
