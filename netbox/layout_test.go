package netbox

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/kharon-net/kharon/codec/msgp"
)

// base is embedded in others.
type base struct {
	ID   uint64
	Name string
}

// Exported is embedded in others, too.
type Exported struct{ Tag string }

// Endless is embedded in itself.
type Endless struct{ *Endless }

// A year is a number by another name; an ownText decodes itself.
type (
	year    int16
	ownText struct{ s string }
)

func (t ownText) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeString(t.s + "!") }

func (t *ownText) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	t.s, err = d.DecodeString()
	t.s = strings.TrimSuffix(t.s, "!")
	return err
}

// The shapes of structs that tuples are made of.
type (
	numbers struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // tells msgpack the form
		A        int8
		B        uint16
		C        int
		D        uint64
		E        float64
		F        float32
		G        bool
		H        year
		I        int32
		J        uint32
	}
	pointers struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // as above
		Number   *int
		Name     *string
		Inner    *numbers
		None     *uint64
		Of       **int
	}
	embedded struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // as above
		base
		Exported
		Year year
	}
	shadowed struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // as above
		Tag      string
		Exported
	}
	tagged struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // as above
		First    int      `msgpack:"other_name"`
		Skipped  int      `msgpack:"-"`
		hidden   int      //nolint:unused // msgpack/v5 takes no notice of it
		Second   string   `msgpack:",omitempty"`
	}
	richValues struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // as above
		UUID     uuid.UUID
		Decimal  decimal.Decimal
		When     time.Time
		Maybe    *time.Time
		Bytes    []byte
		Map      map[string]int
		List     []string
		Any      any
		Raw      Value
		Text     ownText
		Inner    numbers
		ID       *uuid.UUID
	}
)

// structs are of all shapes, with something in them and without.
func structs() []any {
	seven, name, when, id := 7, "seven", time.Unix(1700000000, 5).UTC(), uuid.MustParse("f6423bdf-b49e-4913-b361-0740c9702e4b")
	pointer := &seven
	n := numbers{A: -8, B: 65535, C: -1 << 40, D: math.MaxUint64, E: 1.5, F: 2.5, G: true, H: -2000, I: -70000, J: math.MaxUint32}
	return []any{
		n, numbers{},
		pointers{Number: &seven, Name: &name, Inner: &n, Of: &pointer}, pointers{},
		embedded{base: base{1, "x"}, Exported: Exported{"tag"}, Year: 1999}, embedded{},
		shadowed{Tag: "a", Exported: Exported{"b"}},
		tagged{First: 1, Second: "2"}, tagged{},
		richValues{UUID: id, Decimal: decimal.RequireFromString("-12.34"), When: when, Maybe: &when, Bytes: []byte{0, 1},
			Map: map[string]int{"a": 1}, List: []string{"x", "y"}, Any: []any{int64(1), "z"}, Raw: Value{0x92, 1, 2},
			Text: ownText{"own"}, Inner: n, ID: &id},
	}
}

func TestStructsTakeTuplesOfAnyLength(t *testing.T) {
	for _, v := range structs() {
		typ := reflect.TypeOf(v)
		t.Run(typ.Name(), func(t *testing.T) {
			l := layoutOf(typ)
			if l == nil {
				t.Fatal("no layout")
			}
			tuple, err := msgp.AppendValue(nil, v)
			if err != nil {
				t.Fatal(err)
			}
			other := reflect.New(typ)
			if _, err := msgp.DecodeValue(tuple, other.Interface()); err != nil || !reflect.DeepEqual(other.Elem().Interface(), v) {
				t.Fatalf("msgpack/v5 decodes %+v, %v, want %+v", other.Elem(), err, v)
			}
			fields, err := msgp.NewArray(tuple)
			if err != nil || fields.Len() != len(l.columns) {
				t.Fatalf("%d columns, of %d fields, %v", len(l.columns), fields.Len(), err)
			}
			for n := range fields.Len() + 3 {
				cut := msgp.AppendArrayHeader(nil, n)
				for i := range n {
					if i < fields.Len() {
						cut = append(cut, fields.At(i)...)
					} else {
						cut = append(cut, 0x81, 1, 0x92, 2, 3) // a map
					}
				}
				dst := reflect.New(typ)
				dst.Elem().Set(other.Elem()) // what is there is not used again
				size, err := decodeTuple(append(cut, 0xc1), dst.Interface(), l)
				if err != nil || size != len(cut) {
					t.Fatalf("%d fields: size %d of %d, %v", n, size, len(cut), err)
				}
				for i, c := range l.columns {
					got, want := dst.Elem().FieldByIndex(c.index), other.Elem().FieldByIndex(c.index)
					if i < n && !reflect.DeepEqual(got.Interface(), want.Interface()) {
						t.Errorf("%d fields: %s is %v, want %v", n, c.name, got, want)
					}
					if i >= n && !got.IsZero() {
						t.Errorf("%d fields: %s is %v, and not zero", n, c.name, got)
					}
				}
			}
		})
	}
}

func TestRowsThatAreKeptStayAsTheyAre(t *testing.T) {
	var rows [2]richValues
	var row richValues
	for i := range rows {
		name := strings.Repeat("x", i+1)
		tuple, err := msgp.AppendValue(nil, []any{nil, nil, nil, nil, []byte(name), map[string]int{name: i}, []string{name}, []any{name}, name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeTuple(tuple, &row, layoutOf(reflect.TypeOf(row))); err != nil {
			t.Fatal(err)
		}
		rows[i] = row
	}
	for i, r := range rows {
		name := strings.Repeat("x", i+1)
		text, _ := r.Raw.Any()
		if string(r.Bytes) != name || len(r.Map) != 1 || r.Map[name] != i || r.List[0] != name || text != name {
			t.Errorf("row %d: %+v", i, r)
		}
	}
}

func TestTuplesThatDoNotFit(t *testing.T) {
	for name, tt := range map[string]struct {
		tuple any
		says  string
	}{
		"another kind":      {[]any{"x"}, "field 0, A: msgp: want int, got string"},
		"out of range":      {[]any{1000}, "field 0, A: msgp: integer out of range"},
		"negative":          {[]any{1, -1}, "field 1, B: "},
		"a name of its own": {[]any{1, 1, 1, 1, 1, 1, true, "x"}, "field 7, H: "},
		"no array":          {"x", "want array, got string"},
	} {
		t.Run(name, func(t *testing.T) {
			tuple, err := msgp.AppendValue(nil, tt.tuple)
			if err != nil {
				t.Fatal(err)
			}
			var n numbers
			size, err := decodeTuple(tuple, &n, layoutOf(reflect.TypeOf(n)))
			if err == nil || size != 0 || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%d, %v, want %q", size, err, tt.says)
			}
			for cut := range tuple {
				if _, err := decodeTuple(tuple[:cut], &n, layoutOf(reflect.TypeOf(n))); err == nil {
					t.Errorf("no error of % x", tuple[:cut])
				}
			}
		})
	}
	if _, err := decodeTuple([]byte{0x92, 1}, new(numbers), layoutOf(reflect.TypeFor[numbers]())); !errors.Is(err, msgp.ErrTruncated) {
		t.Errorf("got %v", err)
	}
}

// What only msgpack/v5 knows how to treat is left to it, and wants tuples of its own length.
func TestStructsWithoutALayout(t *testing.T) {
	type interned struct {
		Name string `msgpack:",intern"`
	}
	type byPointer struct{ *base }
	for _, v := range []any{interned{}, byPointer{}, Endless{}, ownText{}, time.Time{}, decimal.Decimal{}, 1, []int{}} {
		if layoutOf(reflect.TypeOf(v)) != nil {
			t.Errorf("%T has one", v)
		}
	}
	var name interned
	if _, err := decodeTuple([]byte{0x91, 0xa1, 'x'}, &name, nil); err != nil || name.Name != "x" {
		t.Errorf("%+v, %v", name, err)
	}
}

func TestEmbeddedPointersAreMadeWhenThereIsAField(t *testing.T) {
	type byPointer struct {
		Year year
		*Exported
	}
	l := layoutOf(reflect.TypeFor[byPointer]())
	var p byPointer
	if _, err := decodeTuple([]byte{0x92, 5, 0xa1, 'x'}, &p, l); err != nil || p.Year != 5 || p.Exported == nil || p.Tag != "x" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := decodeTuple([]byte{0x91, 5}, &p, l); err != nil || p.Exported != nil {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTarantoolFillsStructs(t *testing.T) {
	_, c := tarantool(t)
	type row struct {
		ID      uint64
		UUID    uuid.UUID
		Decimal decimal.Decimal
		Maybe   *string
		Map     map[string]int
		Bytes   []byte
		More    []string
	}
	_, err := c.Eval(patience(t), `function rich() return {1, require('uuid').fromstr('f6423bdf-b49e-4913-b361-0740c9702e4b'),
		require('decimal').new('1.50'), box.NULL, {a = 1}, 'bytes'} end`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := CallAs[row](patience(t), c, "rich")
	if err != nil || got.ID != 1 || got.UUID.String() != "f6423bdf-b49e-4913-b361-0740c9702e4b" || !got.Decimal.Equal(decimal.RequireFromString("1.5")) ||
		got.Maybe != nil || got.Map["a"] != 1 || string(got.Bytes) != "bytes" || got.More != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A stranger has the fields of the space, and no tags.
type stranger struct {
	ID    uint64
	Name  string
	Email *string
	Tags  []string
	Key   uuid.UUID
	Extra map[string]int
}

func TestPlainStructsGoThereAndBack(t *testing.T) {
	_, c := tarantool(t)
	_, err := c.Eval(patience(t), `
		local s = box.schema.space.create('strangers', {format = {{'id', 'unsigned'}, {'name', 'string'}, {'email', 'string', is_nullable = true},
			{'tags', 'array'}, {'key', 'uuid'}, {'extra', 'map'}}})
		s:create_index('pk')
		function one(id) return s:get(id) end
		function all() return s:select() end
		function mixed() return {s:get(1), {ID = 7, Name = 'by name'}} end`)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Space("strangers")
	mail := "ann@example.com"
	ann := stranger{1, "ann", &mail, []string{"x"}, uuid.New(), map[string]int{"a": 1}}
	bob := stranger{2, "bob", nil, []string{}, uuid.New(), map[string]int{}}
	stored, err := s.Insert(patience(t), ann)
	if err != nil {
		t.Fatal(err)
	}
	if got, found, err := TupleAs[stranger](stored); err != nil || !found || !reflect.DeepEqual(got, ann) {
		t.Errorf("Insert returns %+v, %v, %v", got, found, err)
	}
	if _, err := s.Replace(patience(t), &bob); err != nil {
		t.Fatal(err)
	}
	if err := s.Upsert(patience(t), bob, Assign("name", "Bob")); err != nil {
		t.Fatal(err)
	}
	bob.Name = "Bob"
	want := []stranger{ann, bob}
	if got, err := Select[stranger](patience(t), s, Key()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Select: %+v, %v", got, err)
	}
	if got, err := CallAs[stranger](patience(t), c, "one", 2); err != nil || !reflect.DeepEqual(got, bob) {
		t.Errorf("a tuple: %+v, %v", got, err)
	}
	if got, err := CallAs[[]stranger](patience(t), c, "all"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("a list: %+v, %v", got, err)
	}
	if got, err := CallAs[[]*struct{ ID int }](patience(t), c, "all"); err != nil || len(got) != 2 || got[1].ID != 2 {
		t.Errorf("a list of pointers, and of fewer fields: %+v, %v", got, err)
	}
	if got, err := CallAs[[]struct {
		ID   int
		Name string
	}](patience(t), c, "mixed"); err != nil || len(got) != 2 || got[0].Name != "ann" || got[1].Name != "by name" {
		t.Errorf("a tuple and a map: %+v, %v", got, err)
	}
	if got, err := CallAs[[]quickRow](patience(t), c, "all"); err != nil || len(got) != 2 || got[1].id != 2 {
		t.Errorf("a list that decodes itself: %+v, %v", got, err)
	}
	gone, err := s.Delete(patience(t), Key(3))
	if got, found, e := TupleAs[stranger](gone); err != nil || e != nil || found || got.ID != 0 {
		t.Errorf("nothing: %+v, %v, %v, %v", got, found, err, e)
	}
	if _, _, err := TupleAs[struct{ ID string }](stored); err == nil {
		t.Error("a number became a string")
	}
	if _, err := CallAs[[]struct{ ID string }](patience(t), c, "all"); err == nil || !strings.Contains(err.Error(), "element 0: field 0, ID") {
		t.Errorf("got %v", err)
	}
	for _, v := range []any{1, "x", map[string]any{"id": 1}, (*stranger)(nil), decimal.New(1, 0)} {
		if _, err := s.Insert(patience(t), v); err == nil || !strings.Contains(err.Error(), "is neither an array nor a struct") {
			t.Errorf("%T: got %v", v, err)
		}
	}
}

func TestStructsAreEncodedAsTheyAreDecoded(t *testing.T) {
	type byPointer struct {
		Year year
		*Exported
	}
	for _, v := range append(structs(), byPointer{5, nil}, byPointer{5, &Exported{"x"}}) {
		typ := reflect.TypeOf(v)
		l := layoutOf(typ)
		got, err := l.append([]byte("x"), reflect.ValueOf(v))
		if err != nil {
			t.Errorf("%v: %v", typ, err)
			continue
		}
		if f, tagged := typ.FieldByName("_msgpack"); tagged && f.Tag != "" {
			if want, err := msgp.AppendValue([]byte("x"), v); err != nil || string(got) != string(want) {
				t.Errorf("%v: got % x\nwant % x, %v", typ, got, want, err)
			}
		}
		dst := reflect.New(typ)
		if n, err := l.decode(got[1:], dst.Elem()); err != nil || n != len(got)-1 {
			t.Errorf("%v: %d, %v", typ, n, err)
		}
	}
	if got, err := layoutOf(reflect.TypeFor[struct{ C chan int }]()).append([]byte("x"), reflect.ValueOf(struct{ C chan int }{make(chan int)})); err == nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
}
