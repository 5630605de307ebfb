package netbox

import (
	"context"
	"fmt"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
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
	err = eachKey(r.body, func(key iproto.Key, v Value) (err error) {
		switch key {
		case iproto.KeyMetadata:
			info.Columns, err = parseColumns(v)
		case iproto.KeyBindMetadata:
			info.Params, err = parseColumns(v)
		case iproto.KeySQLInfo:
			err = info.parseCounts(v)
		case iproto.KeyStmtID:
			info.StmtID, _, err = msgp.ReadUint(v)
		}
		return err
	})
	return info, err
}

// eachKey calls f for the keys of a map whose bytes have been checked.
func eachKey(b []byte, f func(key iproto.Key, v Value) error) error {
	if len(b) == 0 {
		return nil
	}
	count, n, err := msgp.ReadMapHeader(b)
	for range count {
		key, size, e := msgp.ReadUint(b[n:])
		if e != nil {
			return e
		}
		n += size
		if size, err = msgp.Skip(b[n:]); err != nil {
			return err
		}
		if err := f(iproto.Key(key), Value(b[n:n+size:n+size])); err != nil {
			return fmt.Errorf("netbox: %v: %w", iproto.Key(key), err)
		}
		n += size
	}
	return err
}

// parseCounts reads {0: row count, 1: ids}.
func (s *SQLInfo) parseCounts(v Value) error {
	return eachKey(v, func(key iproto.Key, v Value) (err error) {
		switch key {
		case 0:
			s.RowCount, _, err = msgp.ReadUint(v)
		case 1:
			err = v.Decode(&s.AutoincrementIDs)
		}
		return err
	})
}

// parseColumns reads an array of {0: name, 1: type, 2: collation, 3: nullable, 4:
// autoincrement, 5: span}.
func parseColumns(v Value) (columns []Column, err error) {
	a, err := msgp.NewArray(v)
	if err != nil {
		return nil, err
	}
	columns = make([]Column, 0, a.Len())
	for raw, err := range a.All() {
		if err != nil {
			return nil, err
		}
		var c Column
		fields := []any{&c.Name, &c.Type, &c.Collation, &c.IsNullable, &c.Autoincrement, &c.Span}
		err := eachKey(raw, func(key iproto.Key, v Value) error {
			if int(key) >= len(fields) {
				return nil
			}
			return v.Decode(fields[key])
		})
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, nil
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
		s.SQLInfo, err = res.SQL()
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
