package netbox

import "github.com/kharon-net/kharon/codec/msgp"

// A Tuple is a tuple of a space: an array of its fields, looked into where
// needed. See msgp.Array for its methods: Len, Int, String, Decode, Values and
// so on. The zero value is no tuple.
type Tuple struct {
	msgp.Array
	info *SpaceInfo
}

// Field returns the field of that name, still encoded; nil when the format of
// the space has no such name or the tuple no such field.
func (t *Tuple) Field(name string) Value {
	if t.info == nil {
		return nil
	}
	for i := range t.info.Fields {
		if t.info.Fields[i].Name == name && i < t.Len() {
			return t.At(i)
		}
	}
	return nil
}

// Map returns the fields that have a name, decoded.
func (t *Tuple) Map() (map[string]any, error) {
	values, err := t.Values()
	if err != nil || t.info == nil {
		return nil, err
	}
	m := make(map[string]any, len(values))
	for i := range t.info.Fields {
		if i < len(values) {
			m[t.info.Fields[i].Name] = values[i]
		}
	}
	return m, nil
}
