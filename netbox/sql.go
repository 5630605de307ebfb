package netbox

import (
	"context"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
)

// A SQLInfo is what the answer to an SQL statement tells besides its rows.
type SQLInfo struct {
	Columns          []Column // of the rows; nil: the statement returns none
	Params           []Column // of a statement that was prepared
	RowCount         uint64   // how many rows were changed
	AutoincrementIDs []int64  // that were given to new rows
	StmtID           uint64   // of a statement that was prepared
}

// A Column is a column of the rows of a statement, or a parameter of it.
type Column struct {
	Name          string
	Type          string
	Collation     string // these four only when the server is set to tell all
	IsNullable    bool
	Autoincrement bool
	Span          string // the expression, when it is not the name
}

// SQL returns what the answer to a statement tells besides its rows, which are
// the results. The error is about an answer that is none to a statement.
func (r *Result) SQL() (info SQLInfo, err error) {
	res, _, err := iproto.ParseSQLResult(r.body)
	if err != nil {
		return info, fmt.Errorf("netbox: answer: %w", err)
	}
	if info.Columns, err = columns(res.Metadata); err != nil || res.Info == nil {
		return info, err
	}
	counts, _, err := iproto.ParseSQLInfo(res.Info)
	info.RowCount, info.AutoincrementIDs = counts.RowCount, counts.AutoincrementIDs
	return info, err
}

// prepared reads the answer to PREPARE.
func (r *Result) prepared() (info SQLInfo, err error) {
	p, _, err := iproto.ParsePrepared(r.body)
	if err != nil {
		return info, fmt.Errorf("netbox: answer: %w", err)
	}
	info.StmtID = p.StmtID
	if info.Columns, err = columns(p.Metadata); err != nil {
		return info, err
	}
	info.Params, err = columns(p.BindMetadata)
	return info, err
}

// columns copies the columns out of an answer.
func columns(metadata []byte) (list []Column, err error) {
	if metadata == nil {
		return nil, nil
	}
	for c, err := range iproto.Columns(metadata) {
		if err != nil {
			return nil, fmt.Errorf("netbox: answer: column %d: %w", len(list), err)
		}
		list = append(list, Column{Name: string(c.Name), Type: string(c.Type), Collation: string(c.Collation),
			IsNullable: c.Nullable, Autoincrement: c.Autoincrement, Span: string(c.Span)})
	}
	return list, nil
}

// Execute executes an SQL statement with values for its parameters and waits for
// its rows; Result.SQL has the rest. Safe to call from any goroutine, and from
// fibers.
func (r Requester) Execute(ctx context.Context, statement string, params ...any) (Result, error) {
	return r.Do(ctx, Execute(statement, params...))
}

// A Statement is an SQL statement that was prepared: in the server's session, so
// that it is gone when the connection is made again.
type Statement struct {
	SQLInfo
	requester Requester
}

// Prepare prepares an SQL statement. Safe to call from any goroutine, and from
// fibers.
func (r Requester) Prepare(ctx context.Context, statement string) (*Statement, error) {
	r = r.pinned()
	s := &Statement{requester: r}
	err := r.DoFunc(ctx, Request{typ: iproto.TypePrepare, text: statement}, func(res Result) (err error) {
		s.SQLInfo, err = res.prepared()
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Request is Execute as a request.
func (s *Statement) Request(params ...any) Request {
	return Request{typ: iproto.TypeExecute, list: list{values: params}, more: &extras{stmt: s.StmtID}, stream: s.requester.stream}
}

// Execute executes the statement with values for its parameters and waits for
// its rows. Safe to call from any goroutine, and from fibers.
func (s *Statement) Execute(ctx context.Context, params ...any) (Result, error) {
	return s.requester.Do(ctx, s.Request(params...))
}

// Unprepare makes the server forget the statement. Safe to call from any
// goroutine, and from fibers.
func (s *Statement) Unprepare(ctx context.Context) error {
	return s.requester.DoFunc(ctx, Request{typ: iproto.TypePrepare, more: &extras{stmt: s.StmtID}}, nil)
}

// appendSQL appends the body of EXECUTE or PREPARE.
func (r *Request) appendSQL(dst []byte) ([]byte, error) {
	var text []byte
	id := uint64(0)
	if r.more != nil && r.more.stmt != 0 {
		id = r.more.stmt
	} else {
		text = append([]byte{}, r.text...)
	}
	if r.typ == iproto.TypePrepare {
		return iproto.Prepare{Text: text, StmtID: id}.Append(dst), nil
	}
	bind, err := r.list.append(nil)
	if err != nil {
		return dst, err
	}
	return iproto.Execute{Text: text, StmtID: id, Bind: bind}.Append(dst), nil
}
