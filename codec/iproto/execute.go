package iproto

import "github.com/kharon-net/kharon/codec/msgp"

// What Tarantool says of requests for SQL.
const (
	detailStatement  = "SQL_TEXT or STMT_ID"
	detailStatements = "SQL text and statement id are incompatible options in one request: choose one"
	detailBind       = "SQL parameter list"
)

// Execute is the body of an EXECUTE: one statement of SQL, as text or as prepared before.
//
//	83  40 <string>   41 <array>  2b 90
//	83  43 <id>       41 <array>  2b 90
type Execute struct {
	Text    []byte // the statement; nil: StmtID counts
	StmtID  uint64 // of a prepared statement (Prepared.StmtID)
	Bind    []byte // the parameters, one encoded array; nil is written as []
	Options []byte // one encoded map or array, of which no server makes use; nil is written as []
}

// Append appends the body.
func (m Execute) Append(dst []byte) []byte {
	dst = appendStatement(append(dst, 0x83), m.Text, m.StmtID)
	dst = appendArray(dst, KeySQLBind, m.Bind)
	return appendArray(dst, KeyOptions, m.Options)
}

// appendStatement appends a text, or the number of a statement without one.
func appendStatement(dst, text []byte, id uint64) []byte {
	if text != nil {
		return msgp.AppendStringBytes(append(dst, byte(KeySQLText)), text)
	}
	return msgp.AppendUint(append(dst, byte(KeyStmtID)), id)
}

// ParseExecute reads what follows the header of an EXECUTE; n is len(b) on success. The slices of the result are
// views of b; parameters that are absent are nil.
//
// The errors are *PacketErrors in Tarantool's words: "missing request body" when there is none, "packet body" when
// the bytes, a type or a key is wrong or something follows the body, "SQL parameter list" when the parameters are no
// array, an own text for a body with both text and number, and code CodeMissingRequestField with neither.
func ParseExecute(b []byte) (m Execute, n int, err error) {
	if len(b) == 0 {
		return m, 0, badBody(detailNoBody, 0, nil)
	}
	p, err := openBody(b, detailBody)
	if err != nil {
		return m, 0, err
	}
	hasID := false
	for {
		key, value, offset, ok, err := p.next(detailBody)
		switch {
		case err != nil:
			return Execute{}, 0, err
		case !ok && m.Text != nil && hasID:
			return Execute{}, 0, badBody(detailStatements, p.pos, nil)
		case !ok && m.Text == nil && !hasID:
			return Execute{}, 0, &PacketError{Code: CodeMissingRequestField, Detail: detailStatement, Offset: p.pos}
		case !ok:
			return m, len(b), nil
		}
		hasID = hasID || key == KeyStmtID
		if detail := m.set(key, value); detail != "" {
			return Execute{}, 0, badBody(detail, offset, ErrType)
		}
	}
}

// set takes the value of one key. It returns what is invalid when its type is wrong.
func (m *Execute) set(key Key, value []byte) (invalid string) {
	switch key {
	case KeyOptions:
		m.Options = value
		return ""
	case KeySQLBind:
		if m.Bind = value; !key.fits(value[0]) {
			return detailBind
		}
	case KeySQLText:
		m.Text, _, _ = msgp.ReadString(value)
	case KeyStmtID:
		m.StmtID, _, _ = msgp.ReadUint(value)
	default:
		return ""
	}
	if !key.fits(value[0]) {
		return detailBody
	}
	return ""
}
