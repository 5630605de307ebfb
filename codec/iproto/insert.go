package iproto

// Insert is the body of an INSERT (TypeInsert), which refuses a tuple whose key is there already, and of a REPLACE
// (TypeReplace), which replaces it. The answer is a Data with the new tuple.
//
//	82  10 <space>  21 <array>
type Insert struct {
	Space Ref
	Tuple []byte // one encoded array; nil is written as []
}

// Append appends the body.
func (m Insert) Append(dst []byte) []byte {
	return appendArray(m.Space.appendSpace(append(dst, 0x82)), KeyTuple, m.Tuple)
}

// ParseInsert reads what follows the header of an INSERT or a REPLACE; n is len(b) on success. Views and errors are
// those of ParseSelect; the space and TUPLE are mandatory.
func ParseInsert(b []byte) (m Insert, n int, err error) {
	var f fields
	if err := f.parse(b, mustInsert); err != nil {
		return m, 0, err
	}
	return Insert{Space: f.space, Tuple: f.tuple}, len(b), nil
}
