package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// Ref names a space or an index: by its name when there is one, else by its number. Names are understood by peers
// with FeatureSpaceAndIndexNames.
type Ref struct {
	ID   uint32
	Name []byte // nil: ID counts
}

// append appends one pair: the name under the second key, or the number under the first.
func (r Ref) append(dst []byte, id, name Key) []byte {
	if r.Name != nil {
		return msgp.AppendStringBytes(append(dst, byte(name)), r.Name)
	}
	return msgp.AppendUint(append(dst, byte(id)), uint64(r.ID))
}

func (r Ref) appendSpace(dst []byte) []byte { return r.append(dst, KeySpaceID, KeySpaceName) }

func (r Ref) appendIndex(dst []byte) []byte { return r.append(dst, KeyIndexID, KeyIndexName) }

// settle forgets the number that a name wins over.
func (r *Ref) settle() {
	if r.Name != nil {
		r.ID = 0
	}
}
