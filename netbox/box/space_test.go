package box

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
)

// A shelf is a space kept in memory: tuples by an unsigned key, in order of it.
type shelf struct {
	mu     sync.Mutex
	tuples map[int64][]any
}

func (s *shelf) Select(_ context.Context, _ *Request, q *Query) (iter.Seq[any], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []any
	for i := range int64(100) {
		t := s.tuples[i]
		if t != nil && (q.Key.Len() == 0 || q.Key.Int(0) == i || q.Iterator == iproto.IteratorGE && i > q.Key.Int(0)) {
			found = append(found, t)
		}
	}
	return func(yield func(any) bool) {
		for _, t := range found {
			if !yield(t) {
				return
			}
		}
	}, nil
}

func (s *shelf) Change(_ context.Context, _ *Request, c *Change) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.Type {
	case iproto.TypeDelete:
		old := s.tuples[c.Key.Int(0)]
		delete(s.tuples, c.Key.Int(0))
		if old == nil {
			return nil, nil
		}
		return old, nil
	case iproto.TypeUpdate:
		old := s.tuples[c.Key.Int(0)]
		if old == nil {
			return nil, nil
		}
		op, err := msgp.NewArray(c.Ops.At(0)) // one assignment is enough here
		if err != nil {
			return nil, err
		}
		old[int(op.Int(1))-c.IndexBase] = op.String(2)
		return old, nil
	}
	id := c.Tuple.Int(0)
	if s.tuples[id] != nil && c.Type == iproto.TypeInsert {
		return nil, Errorf(iproto.CodeTupleFound, "Duplicate key exists")
	}
	tuple, err := c.Tuple.Values()
	if err != nil {
		return nil, err
	}
	s.tuples[id] = tuple
	return tuple, nil
}

// A rows is what is only read, and what may be wrong.
type rows []any

func (r rows) Select(context.Context, *Request, *Query) (iter.Seq[any], error) {
	return func(yield func(any) bool) {
		for _, t := range r {
			if !yield(t) {
				return
			}
		}
	}, nil
}

func withSpaces(t *testing.T, mode Mode) (*Server, *raw, string) {
	t.Helper()
	srv, addr := start(t, Config{Mode: mode})
	err := srv.SetSpaces(
		Space{Name: "shelf", Handler: &shelf{tuples: map[int64][]any{1: {1, "one"}, 2: {2, "two"}, 3: {3, "three"}}},
			Format:  []Field{{Name: "id", Type: "unsigned"}, {Name: "name", Type: "string", Nullable: true}},
			Indexes: []Index{{Name: "pk", Parts: []Part{{1, "unsigned"}}}, {Name: "name", NotUnique: true, Parts: []Part{{2, "string"}}}}},
		Space{Name: "table", ID: 600, Handler: rows{[]any{1}, []int{2}}, Indexes: []Index{{Name: "pk", Type: "hash", Parts: []Part{{1, "unsigned"}, {2, "string"}}}}},
		Space{Name: "odd", ID: 601, Handler: rows{"no array"}, Indexes: []Index{{Name: "pk"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return srv, dialRaw(t, addr), addr
}

func array(t *testing.T, values ...any) []byte {
	t.Helper()
	b, err := msgp.AppendValue(nil, append([]any{}, values...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRequestsForTuples(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(mode.String(), func(t *testing.T) {
			_, c, _ := withSpaces(t, mode)
			byID, byName := iproto.Ref{ID: 602}, iproto.Ref{Name: []byte("shelf")}
			pk := iproto.Ref{Name: []byte("pk")}
			for _, tt := range []struct {
				typ  iproto.Type
				body func([]byte) []byte
				want string
			}{
				{iproto.TypeSelect, iproto.Select{Space: byID, Key: array(t, 2), Limit: 10}.Append, "[[2 two]]"},
				{iproto.TypeSelect, iproto.Select{Space: byName, Index: pk, Limit: 10}.Append, "[[1 one] [2 two] [3 three]]"},
				{iproto.TypeSelect, iproto.Select{Space: byName, Limit: 1, Offset: 1}.Append, "[[2 two]]"},
				{iproto.TypeSelect, iproto.Select{Space: byName}.Append, "[]"},
				{iproto.TypeSelect, iproto.Select{Space: byID, Key: array(t, 2), Iterator: iproto.IteratorGE, Limit: 10}.Append, "[[2 two] [3 three]]"},
				{iproto.TypeInsert, iproto.Insert{Space: byID, Tuple: array(t, 4, "four")}.Append, "[[4 four]]"},
				{iproto.TypeReplace, iproto.Insert{Space: byName, Tuple: array(t, 4, "vier")}.Append, "[[4 vier]]"},
				{iproto.TypeUpdate, iproto.Update{Space: byID, IndexBase: 1, Key: array(t, 4), Ops: array(t, []any{"=", 2, "IV"})}.Append, "[[4 IV]]"},
				{iproto.TypeUpdate, iproto.Update{Space: byID, Key: array(t, 9), Ops: array(t, []any{"=", 2, "IX"})}.Append, "[]"},
				{iproto.TypeDelete, iproto.Delete{Space: byID, Key: array(t, 4)}.Append, "[[4 IV]]"},
				{iproto.TypeDelete, iproto.Delete{Space: byID, Key: array(t, 4)}.Append, "[]"},
				{iproto.TypeUpsert, iproto.Upsert{Space: byID, Tuple: array(t, 5, "five"), Ops: array(t)}.Append, "[]"},
			} {
				c.write(request(tt.typ, 1, 0, tt.body))
				if got := fmt.Sprint(results(t, c.take())); got != tt.want {
					t.Errorf("%v: got %s, want %s", tt.typ, got, tt.want)
				}
			}
		})
	}
}

func TestErrorsOfRequestsForTuples(t *testing.T) {
	srv, c, _ := withSpaces(t, Goroutine)
	id := func(n uint32) iproto.Ref { return iproto.Ref{ID: n} }
	name := func(s string) iproto.Ref { return iproto.Ref{Name: []byte(s)} }
	sel := func(s iproto.Select) func([]byte) []byte { s.Limit = 1; return s.Append }
	for _, tt := range []struct {
		typ     iproto.Type
		body    func([]byte) []byte
		code    iproto.Code
		message string
	}{
		{1, sel(iproto.Select{Space: id(999)}), 36, "Space '999' does not exist"},
		{1, sel(iproto.Select{Space: name("nosuch")}), 36, "Space 'nosuch' does not exist"},
		{1, sel(iproto.Select{Space: name("")}), 36, "Space '' does not exist"},
		{1, sel(iproto.Select{Space: name("shelf"), Index: id(7)}), 35, "No index #7 is defined in space 'shelf'"},
		{1, sel(iproto.Select{Space: name("shelf"), Index: name("x")}), 148, "No index 'x' is defined in space 'shelf'"},
		{1, sel(iproto.Select{Space: name("shelf"), Key: array(t, 1, 2)}), 31, "Invalid key part count (expected [0..1], got 2)"},
		{1, sel(iproto.Select{Space: name("shelf"), Key: array(t, "x")}), 18, "Supplied key type of part 0 does not match index part type: expected unsigned"},
		{1, sel(iproto.Select{Space: name("shelf"), Iterator: 99}), 1, "Invalid iterator type"},
		{1, sel(iproto.Select{Space: name("table"), Key: array(t, 1)}), 136,
			"HASH index  does not support selects via a partial key (expected 2 parts, got 1). Please Consider changing index type to TREE."},
		{1, sel(iproto.Select{Space: name("odd")}), 32, "box: a tuple that is no array"},
		{2, iproto.Insert{Space: name("shelf"), Tuple: array(t, 1, "x")}.Append, 3, "Duplicate key exists"},
		{2, iproto.Insert{Space: name("table"), Tuple: array(t, 1)}.Append, 113, "View 'table' is read-only"},
		{2, iproto.Insert{Space: id(281), Tuple: array(t, 1)}.Append, 113, "View '_vspace' is read-only"},
		{5, iproto.Delete{Space: name("shelf"), Key: array(t)}.Append, 19, "Invalid key part count in an exact match (expected 1, got 0)"},
		{5, iproto.Delete{Space: name("shelf"), Index: id(1), Key: array(t, "x")}.Append, 41, "Get() doesn't support partial keys and non-unique indexes"},
	} {
		c.write(request(tt.typ, 1, 0, tt.body))
		c.expectError(1, tt.code, tt.message)
	}
	for _, u := range []User{{Name: "reader", Password: "r", Grants: []Grant{{Read, "space", "shelf"}}}} {
		if err := srv.SetUser(u); err != nil {
			t.Fatal(err)
		}
	}
	c.ask(c.auth(1, "reader", "r"), 1)
	c.ask(request(iproto.TypeSelect, 2, 0, iproto.Select{Space: name("shelf")}.Append), 2)
	c.write(request(iproto.TypeSelect, 3, 0, iproto.Select{Space: name("table")}.Append))
	c.expectError(3, 42, "Read access to space 'table' is denied for user 'reader'")
	c.write(request(iproto.TypeInsert, 4, 0, iproto.Insert{Space: name("shelf")}.Append))
	c.expectError(4, 42, "Write access to space 'shelf' is denied for user 'reader'")
	c.write(request(iproto.TypeSelect, 5, 0, iproto.Select{Space: id(281), Limit: iproto.NoLimit}.Append))
	if rows := results(t, c.take()); len(rows) != 1 {
		t.Errorf("the reader sees %v", rows)
	}
}

func TestSpacesAreChecked(t *testing.T) {
	srv, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	h := rows{}
	for _, list := range [][]Space{
		{{Name: "a"}}, {{Handler: h}}, {{Name: "a", ID: 100, Handler: h}}, {{Name: "a", Handler: h}, {Name: "a", Handler: h}},
		{{Name: "a", ID: 512, Handler: h}, {Name: "b", ID: 512, Handler: h}}, {{Name: "a", Handler: h, Indexes: []Index{{Parts: []Part{{0, "any"}}}}}},
	} {
		if err := srv.SetSpaces(list...); err == nil {
			t.Errorf("%+v was accepted", list)
		}
	}
	if v := srv.schemaVersion(); v != firstSchemaVersion {
		t.Errorf("the schema is version %d", v)
	}
}

func TestSchemaVersionInRequests(t *testing.T) {
	srv, c, _ := withSpaces(t, Goroutine)
	version := srv.schemaVersion()
	ping := func(v uint64) []byte {
		return frame(t, fmt.Sprintf("83 01 05 00 40 05 %02x", v))
	}
	c.ask(ping(version), 5)
	c.ask(ping(0), 5)
	c.write(ping(version + 1))
	c.expectError(5, iproto.CodeWrongSchemaVersion, fmt.Sprintf("Wrong schema version, current: %d, in request: %d", version, version+1))
	if err := srv.SetSpaces(); err != nil {
		t.Fatal(err)
	}
	c.write(ping(version))
	if e := c.take().err(t); e == nil || !errors.Is(e, iproto.CodeWrongSchemaVersion) {
		t.Errorf("S127: got %v", e)
	}
}

// A calculator is a SQL that knows a few statements.
type calculator struct{}

func (calculator) Execute(_ context.Context, _ *Request, s *Statement) (*SQLResult, error) {
	switch {
	case s.Text == "SELECT ?, ?":
		values, err := s.Bind.Values()
		return &SQLResult{Columns: []SQLColumn{{"COLUMN_1", "any"}, {"COLUMN_2", "any"}}, Rows: [][]any{values}}, err
	case s.Text == "INSERT", s.ID == 7:
		return &SQLResult{RowCount: 2, AutoincrementIDs: []int64{5, 6}}, nil
	case s.Text == "":
		return nil, ErrNoStatement(s.ID)
	}
	return nil, Errorf(iproto.CodeSQLParserGeneric, "Syntax error")
}

func (calculator) Prepare(_ context.Context, _ *Request, text string) (*Prepared, error) {
	return &Prepared{ID: 7, Parameters: []SQLColumn{{"?", "ANY"}}}, nil
}

func (calculator) Unprepare(_ context.Context, _ *Request, id uint64) error {
	if id != 7 {
		return ErrNoStatement(id)
	}
	return nil
}

const netBoxSpaces = `
local net, json = require('net.box'), require('json')
local c = net.connect(...)
local function show(name, ...) print(name .. ' -> ' .. json.encode({...})) end
local function try(name, f, ...)
    local ok, err = pcall(f, ...)
    print(name .. ' -> ' .. (ok and 'no error' or err.code .. ' ' .. err.message))
end
local s = c.space.shelf
show('space', s.id, s.name, s.engine, s.index.pk.type, s.index.pk.unique, s.index.name.unique)
for i, f in ipairs(s:format()) do show('field', i, f.name, f.type, f.is_nullable) end
show('get', s:get(2))
show('names', s:get(2).name)
show('get none', s:get(9) == nil)
show('select', s:select())
show('select with limit', s:select({}, {limit = 1, offset = 1}))
show('by index', s.index.pk:select({2}, {iterator = 'GE'}))
show('insert', s:insert{4, 'four'})
show('replace', s:replace{4, 'vier'})
show('update', s:update(4, {{'=', 2, 'IV'}}))
show('count', s.index.pk:count(), s.index.pk:count(4), s.index.pk:count({2}, {iterator = 'GE'}))
show('delete', s:delete(4))
show('upsert', s:upsert({5, 'five'}, {}))
try('read-only', c.space.table.insert, c.space.table, {1})
try('wrong key', s.get, s, 'x')
local r = c:execute('SELECT ?, ?', {1, 'two'})
show('sql', r.metadata[1].name, r.metadata[1].type, r.metadata[2].name, r.rows)
local i = c:execute('INSERT')
show('sql info', i.row_count, i.autoincrement_ids)
try('sql error', c.execute, c, 'SELEKT')
local st = c:prepare('INSERT')
show('prepared', st.stmt_id, st.param_count)
i = c:execute(st.stmt_id, {})
show('run', i.row_count, i.autoincrement_ids)
c:unprepare(st.stmt_id)
try('no such statement', c.unprepare, c, 8)
show('version before', c.schema_version)
c:call('publish')
c:ping()
show('new space', c.space.fresh ~= nil, c.space.shelf == nil, c.space.fresh:select())
os.exit(0)
`

const netBoxSpacesOut = `space -> [602,"shelf","memtx","TREE",true,false]
field -> [1,"id","unsigned"]
field -> [2,"name","string",true]
get -> [[2,"two"]]
names -> ["two"]
get none -> [true]
select -> [[[1,"one"],[2,"two"],[3,"three"]]]
select with limit -> [[[2,"two"]]]
by index -> [[[2,"two"],[3,"three"]]]
insert -> [[4,"four"]]
replace -> [[4,"vier"]]
update -> [[4,"IV"]]
count -> [4,1,3]
delete -> [[4,"IV"]]
upsert -> []
read-only -> 113 View 'table' is read-only
wrong key -> 18 Supplied key type of part 0 does not match index part type: expected unsigned
sql -> ["COLUMN_1","any","COLUMN_2",[[1,"two"]]]
sql info -> [2,[5,6]]
sql error -> 186 Syntax error
prepared -> [7,1]
run -> [2,[5,6]]
no such statement -> 211 Prepared statement with id 8 does not exist
version before -> [2]
new space -> [true,true,[[1,"fresh"]]]
`

func TestS126NetBoxUsesSpacesAndSQL(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(mode.String(), func(t *testing.T) {
			srv, _, addr := withSpaces(t, mode)
			srv.SQL(calculator{})
			srv.Func("publish", func(context.Context, *Request) (any, error) {
				return nil, srv.SetSpaces(Space{Name: "fresh", Handler: rows{[]any{1, "fresh"}},
					Indexes: []Index{{Name: "pk", Parts: []Part{{1, "unsigned"}}}}})
			})
			if got := tarantooltest.RunScript(t, netBoxSpaces, addr); got != netBoxSpacesOut {
				t.Errorf("got:\n%s\nwant:\n%s", got, netBoxSpacesOut)
			}
		})
	}
}
