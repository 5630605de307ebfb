package netbox

import "slices"

// A Schema is what the server told of its spaces at one time. It does not change.
type Schema struct {
	Version uint64 // as the server counts its changes

	byID   map[uint32]*SpaceInfo
	byName map[string]*SpaceInfo
}

// Space returns what is known of the space of that name, nil when there is none.
func (s *Schema) Space(name string) *SpaceInfo {
	if s == nil {
		return nil
	}
	return s.byName[name]
}

// SpaceByID returns what is known of the space with that number, nil when there
// is none.
func (s *Schema) SpaceByID(id uint32) *SpaceInfo {
	if s == nil {
		return nil
	}
	return s.byID[id]
}

// Spaces returns all spaces, those of the system included, by their numbers.
func (s *Schema) Spaces() []*SpaceInfo {
	if s == nil {
		return nil
	}
	list := make([]*SpaceInfo, 0, len(s.byID))
	for _, info := range s.byID {
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b *SpaceInfo) int { return int(int64(a.ID) - int64(b.ID)) })
	return list
}

// A SpaceInfo is what the server told of a space. It must not be changed.
type SpaceInfo struct {
	ID         uint32
	Name       string
	Engine     string // "memtx", "vinyl", "sysview"
	FieldCount uint64 // that every tuple must have; 0: any
	Temporary  bool
	IsSync     bool
	Fields     []FieldInfo // the format; may be empty
	Indexes    []IndexInfo // by their numbers
}

// label names the space in an error.
func (s *SpaceInfo) label() string {
	if s == nil {
		return "''"
	}
	return "'" + s.Name + "'"
}

// A FieldInfo is a field of a format.
type FieldInfo struct {
	Name       string
	Type       string // "any" when the format tells none
	IsNullable bool
}

// An IndexInfo is what the server told of an index. It must not be changed.
type IndexInfo struct {
	ID       uint32
	Name     string
	Type     string // in upper case: "TREE", "HASH", …
	Unique   bool
	Parts    []PartInfo
	Sequence *SequenceInfo // where numbers come from; nil: from nowhere
}

// A PartInfo is a part of a key.
type PartInfo struct {
	Field       uint32 // counted from 0
	Type        string
	Path        string // within the field; "": all of it
	IsNullable  bool
	ExcludeNull bool
	Collation   string  // "": none, or its name is not known
	CollationID *uint64 // nil: none
}

// A SequenceInfo is a sequence that gives a field of the primary key its value.
type SequenceInfo struct {
	ID    uint64
	Field uint32 // counted from 0
	Path  string
}
