package netbox

import (
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// FuzzSchema lets a server tell anything of its spaces. The client makes a schema of it or an error, and does not panic.
func FuzzSchema(f *testing.F) {
	add := func(view uint32, row ...any) {
		b, err := msgp.AppendValue(nil, []any{row})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(view, b)
	}
	add(viewSpace, 512, 1, "s", "memtx", 0, map[string]any{"temporary": true}, []any{map[string]any{"name": "id", "type": "unsigned"}})
	add(viewIndex, 512, 0, "pk", "tree", map[string]any{"unique": true}, []any{[]any{0, "unsigned"}})
	add(viewIndex, 512, 1, "i", "hash", 1, 1, 0, "num")
	add(viewIndex, 512, 1, "i", "hash", map[string]any{}, []any{map[string]any{"field": 1, "type": "string", "collation": 2, "path": "x"}})
	add(viewCollation, 2, "unicode_ci")
	add(viewSpaceSequence, 512, 1, true, 0, "")
	add(viewSpace, -1)
	add(viewIndex, "x")
	f.Add(uint32(viewSpace), []byte{0x91, 0xc1})
	f.Fuzz(func(t *testing.T, view uint32, rows []byte) {
		body := append([]byte{0x81, byte(iproto.KeyData)}, rows...)
		var r Result
		err := r.parse(iproto.TypeOK, body)
		if err != nil {
			return
		}
		space, err := msgp.AppendValue(nil, []any{[]any{512, 1, "base", "memtx", 0, map[string]any{}, []any{}}})
		if err != nil {
			t.Fatal(err)
		}
		base, err := msgp.NewArray(space)
		if err != nil {
			t.Fatal(err)
		}
		views := []*viewRead{{id: viewSpace, rows: base}, {id: view, rows: r.Array}}
		b := builder{schema: &Schema{}}
		s, err := b.build(views)
		if err != nil {
			return
		}
		for _, info := range s.Spaces() {
			if s.SpaceByID(info.ID) != info {
				t.Errorf("space %d is another one", info.ID)
			}
		}
	})
}
