package netbox

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// bands starts a Tarantool with a space of bands.
func bands(t testing.TB, o Options) (*tarantooltest.Server, *Conn) {
	t.Helper()
	srv := tarantooltest.Start(t, tarantooltest.Options{Super: true, Script: `
		local s = box.schema.space.create('bands', {format = {
			{name = 'id', type = 'unsigned'}, {name = 'name', type = 'string'}, {name = 'year', type = 'unsigned', is_nullable = true}}})
		s:create_index('pk')
		s:create_index('name', {parts = {{field = 2, type = 'string', collation = 'unicode_ci'}}, unique = false})
		s:create_index('year', {parts = {{field = 3, type = 'unsigned', is_nullable = true}}, unique = false})
		s:insert{1, 'Roxette', 1986} s:insert{2, 'Scorpions', 1965} s:insert{3, 'Ace of Base', 1987} s:insert{4, 'The Beatles', 1960}
		box.schema.sequence.create('seq')
		local q = box.schema.space.create('queue', {temporary = true})
		q:create_index('primary', {sequence = 'seq'})
		for _, name in pairs({'_stream', '_stream_space_cache', 'with space'}) do
			box.schema.space.create(name):create_index('_space')
		end
		box.schema.space.create('bare')
	`})
	return srv, connect(t, srv.Addr, o)
}

type band struct {
	_msgpack struct{} `msgpack:",as_array"` //nolint:unused // tells msgpack the form
	ID       uint64
	Name     string
	Year     *int
}

// values decodes a tuple.
func values(t *testing.T, a msgp.Array, err error) string {
	t.Helper()
	if err != nil {
		t.Error(err)
		return ""
	}
	v, err := a.Values()
	if err != nil {
		t.Error(err)
	}
	return fmt.Sprint(v)
}

func expectValues(t *testing.T, what string, got Tuple, err error, want string) {
	t.Helper()
	if s := values(t, got.Array, err); s != want {
		t.Errorf("%s: got %s, want %s", what, s, want)
	}
}

func TestTarantoolDataRequests(t *testing.T) {
	_, c := bands(t, Options{})
	ctx, s := patience(t), c.Space("bands")
	got, err := s.Insert(ctx, []any{5, "Kruk", 2001})
	expectValues(t, "C55 insert", got, err, "[5 Kruk 2001]")
	got, err = s.Replace(ctx, &band{ID: 5, Name: "Kruk"})
	expectValues(t, "C55 replace of a struct", got, err, "[5 Kruk <nil>]")
	got, err = s.Update(ctx, Key(5), Assign("name", "Kruk!"), Assign(-1, 2007))
	expectValues(t, "C56 update", got, err, "[5 Kruk! 2007]")
	got, err = s.Update(ctx, Key(5), Splice(1, 4, 1, "?"), Or(2, 8), InsertField(3, "x"))
	expectValues(t, "C56 update", got, err, "[5 Kruk? 2015 x]")
	got, err = s.Update(ctx, Key(5), DeleteFields(3, 1))
	expectValues(t, "C56 update", got, err, "[5 Kruk? 2015]")
	if err := s.Upsert(ctx, []any{5, "new", 1}, Assign(1, "old")); err != nil {
		t.Errorf("C56 upsert: %v", err)
	}
	if err := s.Upsert(ctx, []any{6, "new", 1}, Assign(1, "old")); err != nil {
		t.Errorf("C56 upsert: %v", err)
	}
	got, err = s.Get(ctx, Key(5))
	expectValues(t, "C56 upsert of what was there", got, err, "[5 old 2015]")
	got, err = s.Delete(ctx, IntKey(6))
	expectValues(t, "C55 delete", got, err, "[6 new 1]")
	got, err = s.Delete(ctx, Key(6))
	expectValues(t, "C55 delete of nothing", got, err, "[]")
	got, err = s.Update(ctx, Key(6), Assign(1, "x"))
	expectValues(t, "C55 update of nothing", got, err, "[]")
	_, err = s.Insert(ctx, []any{5, "again", 1})
	if !errors.Is(err, iproto.CodeTupleFound) || SafeToRetry(err) {
		t.Errorf("insert of a duplicate: %v", err)
	}
	if _, err = s.Insert(ctx, 7); err == nil || !SafeToRetry(err) {
		t.Errorf("C68 insert of no array: %v", err)
	}
	if _, err = s.Insert(ctx, Value{0x92, 7, 0xa1, 'x'}); err != nil {
		t.Errorf("C68 insert of an encoded tuple: %v", err)
	}
	if _, err = s.Insert(ctx, Value{7}); err == nil || !strings.Contains(err.Error(), "Tuple/Key must be MsgPack array") {
		t.Errorf("C68 insert of an encoded number: %v", err)
	}
}

func TestTarantoolSelects(t *testing.T) {
	_, c := bands(t, Options{})
	ctx, s := patience(t), c.Space("bands")
	ids := func(what string, x Index, key Parts, o SelectOptions, want string) {
		t.Helper()
		rows, err := AppendSelect[band](ctx, nil, x, key, o)
		var got []uint64
		for _, r := range rows {
			got = append(got, r.ID)
		}
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, %v, want %s", what, got, err, want)
		}
	}
	pk, name, year := s.IndexByID(0), s.Index("name"), s.Index("year")
	ids("C59 no key", pk, Key(), SelectOptions{}, "[1 2 3 4]")
	ids("C59 zero key", pk, Parts{}, SelectOptions{}, "[1 2 3 4]")
	ids("C59 key", pk, Key(3), SelectOptions{}, "[3]")
	ids("C59 raw key", pk, RawKey([]byte{0x91, 3}), SelectOptions{}, "[3]")
	ids("C58 GE", pk, IntKey(3), SelectOptions{Iterator: iproto.IteratorGE}, "[3 4]")
	ids("C58 LT", pk, Key(3), SelectOptions{Iterator: iproto.IteratorLT}, "[2 1]")
	ids("limit and offset", pk, Key(), SelectOptions{Limit: 2, Offset: 1}, "[2 3]")
	ids("a collation", name, Key("SCORPIONS"), SelectOptions{}, "[2]")
	ids("another index", year, Key(1970), SelectOptions{Iterator: iproto.IteratorGT}, "[1 3]")
	if _, err := s.Select(ctx, Key(1), SelectOptions{Iterator: 77}); !errors.Is(err, iproto.Code(72)) || !SafeToRetry(err) {
		t.Errorf("C58 unknown iterator: %v", err)
	}
	if _, err := s.Select(ctx, Key(), SelectOptions{FetchPosition: true}); !errors.Is(err, iproto.CodeUnsupported) || !SafeToRetry(err) {
		t.Errorf("pages of an old server: %v", err)
	}
	got, err := s.Min(ctx, Key())
	expectValues(t, "min", got, err, "[1 Roxette 1986]")
	got, err = year.Max(ctx, Key())
	expectValues(t, "max", got, err, "[3 Ace of Base 1987]")
	got, err = s.Get(ctx, Key(9))
	expectValues(t, "get of nothing", got, err, "[]")
	if n, err := s.Count(ctx, Key(), SelectOptions{}); err != nil || n != 4 {
		t.Errorf("count: %d, %v", n, err)
	}
	if n, err := year.Count(ctx, Key(1965), SelectOptions{Iterator: iproto.IteratorGE}); err != nil || n != 3 {
		t.Errorf("count: %d, %v", n, err)
	}
	s.Replace(ctx, []any{9, "Twin", 1960})
	if _, err := year.Get(ctx, Key(1960)); !errors.Is(err, iproto.CodeMoreThanOneTuple) {
		t.Errorf("C57 get of two: %v", err)
	}
	if _, _, err := Get[band](ctx, year, Key(1960)); !errors.Is(err, iproto.CodeMoreThanOneTuple) {
		t.Errorf("C57 typed get of two: %v", err)
	}
}

func TestTarantoolTuplesAreDecoded(t *testing.T) {
	_, c := bands(t, Options{})
	ctx, s := patience(t), c.Space("bands")
	rows, err := Select[band](ctx, s, Key(1))
	if err != nil || len(rows) != 1 || rows[0].Name != "Roxette" || *rows[0].Year != 1986 {
		t.Errorf("structs: %+v, %v", rows, err)
	}
	lists, err := Select[[]any](ctx, s.Index("pk"), Key(2))
	if err != nil || !reflect.DeepEqual(lists, [][]any{{int64(2), "Scorpions", int64(1965)}}) {
		t.Errorf("lists: %v, %v", lists, err)
	}
	one, found, err := Get[band](ctx, s, Key(2))
	if err != nil || !found || one.Name != "Scorpions" {
		t.Errorf("one: %+v, %v, %v", one, found, err)
	}
	if _, found, err = Get[band](ctx, s, Key(22)); err != nil || found {
		t.Errorf("none: %v, %v", found, err)
	}
	if n, err := CallAs[int](ctx, c, "echo", 42); err != nil || n != 42 {
		t.Errorf("call: %d, %v", n, err)
	}
	if b, err := CallAs[band](ctx, c, "box.space.bands:get", 1); err != nil || b.Name != "Roxette" {
		t.Errorf("C53 call of a method: %+v, %v", b, err)
	}
	if n, err := CallAs[string](ctx, c, "nop"); err != nil || n != "" {
		t.Errorf("call without a result: %q, %v", n, err)
	}
	tuple, err := s.Get(ctx, Key(1))
	if err != nil {
		t.Fatal(err)
	}
	if name := tuple.Field("name"); string(name[1:]) != "Roxette" || tuple.Field("none") != nil {
		t.Errorf("C73: %q", name)
	}
	if m, err := tuple.Map(); err != nil || m["year"] != int64(1986) || len(m) != 3 {
		t.Errorf("C73: %v, %v", m, err)
	}
	raw, err := c.AppendRaw(ctx, []byte("kept"), s.SelectRequest(Key(1), SelectOptions{}))
	want := append([]byte("kept\xdd\x00\x00\x00\x01\x93\x01\xa7Roxette\xcd"), 1986>>8, 1986&255)
	if err != nil || string(raw) != string(want) {
		t.Errorf("C66: %q, %v, want %q", raw, err, want)
	}
	if r, err := c.Call16(ctx, "echo", 1, nil, 3); err != nil || r.Len() != 3 || len(r.At(0)) != 2 {
		t.Errorf("call 16: %x, %v", r.Raw(), err)
	}
}

func TestTarantoolSchema(t *testing.T) {
	_, c := bands(t, Options{})
	info := c.Space("bands").Info()
	if info == nil || info != c.Schema().SpaceByID(info.ID) || info.Engine != "memtx" || len(info.Indexes) != 3 || len(info.Fields) != 3 {
		t.Fatalf("C119: %+v", info)
	}
	if f := info.Fields[2]; f != (FieldInfo{"year", "unsigned", true}) {
		t.Errorf("C128: %+v", f)
	}
	name := info.Indexes[1]
	if p := name.Parts[0]; name.Name != "name" || name.Type != "TREE" || name.Unique || p.Field != 1 || p.Type != "string" || p.Collation != "unicode_ci" || *p.CollationID != 2 {
		t.Errorf("C74: %+v", name)
	}
	if p := info.Indexes[2].Parts[0]; !p.IsNullable || p.CollationID != nil {
		t.Errorf("C74: %+v", p)
	}
	if q := c.Schema().Space("queue"); !q.Temporary || !q.Indexes[0].Unique {
		t.Errorf("%+v", q)
	}
	if c.Schema().Space("nowhere") != nil || c.Schema().Space("_space") == nil || len(c.Schema().Spaces()) < 20 {
		t.Errorf("%d spaces", len(c.Schema().Spaces()))
	}
	ctx := patience(t)
	if _, err := c.Space("nowhere").Get(ctx, Key(1)); !errors.Is(err, iproto.CodeNoSuchSpace) || !SafeToRetry(err) || !strings.Contains(err.Error(), "Space 'nowhere' does not exist") {
		t.Errorf("unknown space: %v", err)
	}
	if _, err := c.Space("bands").Index("x").Get(ctx, Key(1)); !errors.Is(err, iproto.CodeNoSuchIndexName) || !strings.Contains(err.Error(), "No index 'x' is defined in space 'bands'") {
		t.Errorf("unknown index: %v", err)
	}
	if _, err := c.SpaceByID(info.ID).Index("name").Get(ctx, Key("Roxette")); err != nil {
		t.Errorf("space by number, index by name: %v", err)
	}
	for _, odd := range []string{"_stream", "_stream_space_cache", "with space"} {
		if _, err := c.Space(odd).Index("_space").Select(ctx, Key(), SelectOptions{}); err != nil {
			t.Errorf("C149 %s: %v", odd, err)
		}
	}
	if _, err := c.Space("bare").Get(ctx, Key(1)); !errors.Is(err, iproto.CodeNoSuchIndexID) {
		t.Errorf("no primary index: %v", err)
	}
}

func TestTarantoolSchemaChanges(t *testing.T) {
	_, c := bands(t, Options{})
	ctx := patience(t)
	var reloads journal
	c.OnSchemaReload(reloads.notes("reload"))
	space := c.Space("fresh")
	if _, err := space.Select(ctx, Key(), SelectOptions{}); !errors.Is(err, iproto.CodeNoSuchSpace) {
		t.Errorf("before: %v", err)
	}
	if _, err := c.Eval(ctx, "box.schema.space.create('fresh', {id = 600})"); err != nil {
		t.Fatal(err)
	}
	if space.Info() == nil || space.Info().ID != 600 { // the call returns after the reload
		t.Errorf("C119: %+v", space.Info())
	}
	if err := c.WaitConnected(ctx); err != nil || reloads.String() != "reload" || c.Metrics().Reloads != 1 {
		t.Errorf("C120: %s, %+v, %v", &reloads, c.Metrics(), err)
	}
	if _, err := c.Eval(ctx, "box.space.fresh:create_index('pk') box.space.fresh:create_index('more') box.space.fresh:insert{1}"); err != nil {
		t.Fatal(err)
	}
	if got, err := space.Index("more").Get(ctx, Key(1)); err != nil || got.Len() != 1 {
		t.Errorf("C119: %v", err)
	}
	if err := c.WaitConnected(ctx); err != nil || strings.Count(reloads.String(), "reload") > 3 {
		t.Errorf("C120: %s", &reloads)
	}
	if _, err := c.Eval(ctx, "box.space.fresh:rename('stale')"); err != nil {
		t.Fatal(err)
	}
	if _, err := space.Get(ctx, Key(1)); !errors.Is(err, iproto.CodeNoSuchSpace) {
		t.Errorf("C119 the old name: %v", err)
	}
	if got, err := c.Space("stale").Get(ctx, Key(1)); err != nil || got.Len() != 1 {
		t.Errorf("C119 the new name: %v", err)
	}
	if _, err := c.Eval(ctx, "box.space.stale:drop()"); err != nil || c.Space("stale").Info() != nil {
		t.Errorf("C119: dropped: %+v, %v", c.Space("stale").Info(), err)
	}
}

func TestTarantoolSchemaChangesUnderLoad(t *testing.T) {
	_, c := bands(t, Options{})
	stop, cancel := context.WithCancel(patience(t))
	ended := make(chan error, 8)
	for range cap(ended) {
		go func() {
			for stop.Err() == nil {
				if _, err := c.Space("bands").Get(stop, IntKey(1)); err != nil && stop.Err() == nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}()
	}
	for i := range 20 {
		name := fmt.Sprint("s", i)
		if _, err := c.Eval(patience(t), "box.schema.space.create(...):create_index('pk')", name); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Space(name).Insert(patience(t), []any{i}); err != nil {
			t.Fatalf("C71: %v", err)
		}
	}
	cancel()
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Space("bands").Get(patience(t), Key(1)); err != nil {
		t.Error(err)
	}
}

func TestTarantoolWithoutASchema(t *testing.T) {
	_, c := bands(t, Options{NoSchema: true})
	ctx := patience(t)
	c.OnSchemaReload(func(*Conn) error { t.Error("C123: reloaded"); return nil })
	if _, err := c.Eval(ctx, "box.schema.space.create('x')"); err != nil || c.Schema() != nil || c.State() != StateActive {
		t.Errorf("C123: %v", err)
	}
	if got, err := c.SpaceByID(512).Get(ctx, Key(1)); err != nil || got.Len() != 3 {
		t.Errorf("C123: by number: %v", err)
	}
	if _, err := c.Space("bands").Get(ctx, Key(1)); !errors.Is(err, iproto.CodeNoSuchSpace) {
		t.Errorf("C123: by name: %v", err)
	}
}

func TestTarantoolReconnects(t *testing.T) {
	srv, c := bands(t, Options{ReconnectAfter: 5e6})
	ctx := patience(t)
	lost := c.Send(Call("sleep", 1000))
	if err := c.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	srv.Kill()
	if _, err := lost.Wait(ctx); !errors.Is(err, ErrMaybeExecuted) {
		t.Errorf("C108: %v", err)
	}
	if err := c.WaitState(ctx, StateErrorReconnect); err != nil {
		t.Errorf("C108: %v", err)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := c.Space("bands").Get(ctx, Key(1))
		waits <- err
	}()
	srv.Restart()
	if err := <-waits; err != nil {
		t.Errorf("C109: %v", err)
	}
	if c.State() != StateActive {
		t.Errorf("C108: %v", c.State())
	}
}

func TestTarantoolPermissions(t *testing.T) {
	srv := tarantooltest.Start(t, tarantooltest.Options{Script: `
		box.schema.user.create('eve', {password = 'x'})
		box.schema.user.revoke('eve', 'public')
		for _, v in pairs({'_vindex', '_vcollation'}) do box.schema.user.grant('eve', 'read', 'space', v) end
	`})
	if _, err := Connect(patience(t), "eve:x@"+srv.Addr, Options{}); !errors.Is(err, iproto.CodeAccessDenied) {
		t.Errorf("C125: %v", err)
	}
	c := connect(t, "eve:x@"+srv.Addr, Options{NoSchema: true})
	reactortest.Eventually(t, func() bool { return c.State() == StateActive }, "the connection")
}
