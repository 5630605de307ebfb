package iproto

// InsertArrow is the body of an INSERT_ARROW: tuples by the column, for servers with FeatureInsertArrow.
//
//	82  10 <space>  36 <extension 8>
type InsertArrow struct {
	Space Ref
	Arrow []byte // one encoded extension of type 8, whose payload is a stream of Arrow IPC: schema and record batch
}

// Append appends the body.
func (m InsertArrow) Append(dst []byte) []byte {
	dst = append(m.Space.appendSpace(append(dst, 0x82)), byte(KeyArrow))
	return append(dst, m.Arrow...)
}

// ParseInsertArrow reads what follows the header of an INSERT_ARROW; n is len(b) on success. Views and errors are
// those of ParseSelect; the space and ARROW are mandatory. The type of the extension is not checked.
func ParseInsertArrow(b []byte) (m InsertArrow, n int, err error) {
	var f fields
	if err := f.parse(b, mustInsertArrow); err != nil {
		return m, 0, err
	}
	return InsertArrow{Space: f.space, Arrow: f.arrow}, len(b), nil
}
