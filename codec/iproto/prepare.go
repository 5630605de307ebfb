package iproto

// Prepare is the body of a PREPARE: with a text the statement is prepared, and the answer is a Prepared; with a number
// it is forgotten, and the answer is an empty body.
//
//	81  40 <string>
//	81  43 <id>
type Prepare struct {
	Text   []byte // the statement to prepare; nil: StmtID is to be forgotten
	StmtID uint64
}

// Append appends the body.
func (m Prepare) Append(dst []byte) []byte {
	return appendStatement(append(dst, 0x81), m.Text, m.StmtID)
}

// ParsePrepare reads what follows the header of a PREPARE; n is len(b) on success. Views and errors are those of
// ParseExecute.
func ParsePrepare(b []byte) (m Prepare, n int, err error) {
	e, n, err := ParseExecute(b)
	return Prepare{Text: e.Text, StmtID: e.StmtID}, n, err
}
