package iproto

// Delete is the body of a DELETE. The answer is a Data with the tuple that is gone, without one when the key was not
// there.
//
//	83  10 <space>  11 <index>  20 <array>
type Delete struct {
	Space Ref
	Index Ref
	Key   []byte // one encoded array; nil is written as []
}

// Append appends the body.
func (m Delete) Append(dst []byte) []byte {
	dst = m.Space.appendSpace(append(dst, 0x83))
	return appendArray(m.Index.appendIndex(dst), KeyKey, m.Key)
}

// ParseDelete reads what follows the header of a DELETE; n is len(b) on success. Views, defaults and errors are those
// of ParseSelect; the space and KEY are mandatory.
func ParseDelete(b []byte) (m Delete, n int, err error) {
	var f fields
	if err := f.parse(b, mustDelete); err != nil {
		return m, 0, err
	}
	return Delete{Space: f.space, Index: f.index, Key: f.key}, len(b), nil
}
