package box

import (
	"context"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// A SQL runs statements. Without one, EXECUTE and PREPARE are errors.
type SQL interface {
	// Execute runs a statement.
	Execute(ctx context.Context, req *Request, s *Statement) (*SQLResult, error)

	// Prepare keeps a statement to be run later, by the number that it
	// returns; 32 bits of it count.
	Prepare(ctx context.Context, req *Request, text string) (*Prepared, error)

	// Unprepare forgets a statement.
	Unprepare(ctx context.Context, req *Request, id uint64) error
}

// A Statement is what EXECUTE asks for.
type Statement struct {
	Text string // empty: the one that was prepared as ID
	ID   uint64
	Bind Args // the parameters: values, or maps of a name and a value; a view of the request
}

// A SQLResult is what a statement gave: rows if it has columns, and otherwise
// how many it changed.
type SQLResult struct {
	Columns          []SQLColumn
	Rows             [][]any // each as long as Columns
	RowCount         uint64
	AutoincrementIDs []int64
}

// A SQLColumn is a column of rows, or a parameter.
type SQLColumn struct{ Name, Type string }

// A Prepared is a statement that was prepared.
type Prepared struct {
	ID         uint64
	Parameters []SQLColumn
	Columns    []SQLColumn // nil: it gives no rows
}

// ErrNoStatement is what Execute and Unprepare return for a number that is no
// statement's: the error of Tarantool, code 211.
func ErrNoStatement(id uint64) error {
	return Errorf(iproto.CodeWrongQueryID, "Prepared statement with id %d does not exist", id)
}

// SQL makes h the one who runs statements. Call it before Listen.
func (s *Server) SQL(h SQL) { s.sql.Store(&h) }

// sql starts an EXECUTE or PREPARE.
func (x *session) sql(h *iproto.Header, body []byte) {
	fn := &function{name: h.Type.String(), act: executeSQL, mode: x.srv.cfg.Mode}
	_, _, err := iproto.ParseExecute(body)
	if h.Type == iproto.TypePrepare {
		fn.act = prepareSQL
		_, _, err = iproto.ParsePrepare(body)
	}
	handler := x.srv.sql.Load()
	if handler == nil {
		x.fail(h, unsupported("SQL"))
		return
	}
	if err != nil {
		x.refuse(*h, err)
		return
	}
	if err := x.user.Load().check(Execute, "sql", ""); err != nil {
		x.fail(h, err)
		return
	}
	x.start(h, fn, body)
}

func executeSQL(r *Request, dst []byte) ([]byte, error) {
	m, _, err := iproto.ParseExecute(r.body)
	if err != nil {
		return dst, err
	}
	s := Statement{Text: string(m.Text), ID: m.StmtID}
	if m.Bind != nil {
		if s.Bind, err = msgp.NewArray(m.Bind); err != nil {
			return dst, err
		}
	}
	result, err := (*r.session.srv.sql.Load()).Execute(r.ctx, r, &s)
	if err != nil {
		return dst, err
	}
	var answer iproto.SQLResult
	if result.Columns == nil {
		answer.Info = iproto.SQLInfo{RowCount: result.RowCount, AutoincrementIDs: result.AutoincrementIDs}.Append(nil)
		return r.appendReply(dst, answer.Append)
	}
	answer.Metadata = appendColumns(result.Columns)
	answer.Rows = msgp.AppendArrayHeader(nil, len(result.Rows))
	for _, row := range result.Rows {
		if answer.Rows, err = msgp.AppendValue(answer.Rows, row); err != nil {
			return dst, err
		}
	}
	return r.appendReply(dst, answer.Append)
}

func prepareSQL(r *Request, dst []byte) ([]byte, error) {
	m, _, err := iproto.ParsePrepare(r.body)
	if err != nil {
		return dst, err
	}
	handler := *r.session.srv.sql.Load()
	if m.Text == nil {
		if err := handler.Unprepare(r.ctx, r, m.StmtID); err != nil {
			return dst, err
		}
		return appendOK(r, dst)
	}
	p, err := handler.Prepare(r.ctx, r, string(m.Text))
	if err != nil {
		return dst, err
	}
	answer := iproto.Prepared{StmtID: p.ID, BindCount: uint64(len(p.Parameters)), BindMetadata: appendColumns(p.Parameters)}
	if p.Columns != nil {
		answer.Metadata = appendColumns(p.Columns)
	}
	return r.appendReply(dst, answer.Append)
}

func appendColumns(columns []SQLColumn) []byte {
	b := msgp.AppendArrayHeader(nil, len(columns))
	for _, c := range columns {
		b = iproto.Column{Name: []byte(c.Name), Type: []byte(c.Type)}.Append(b)
	}
	return b
}
