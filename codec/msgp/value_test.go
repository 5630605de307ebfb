package msgp

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

type point struct {
	X, Y int
	Raw  Raw
	Ext  Ext
}

type panicking struct{}

func (panicking) EncodeMsgpack(*msgpack.Encoder) error  { panic("on purpose") }
func (*panicking) DecodeMsgpack(*msgpack.Decoder) error { panic("on purpose") }

type failing struct{}

var errOnPurpose = errors.New("on purpose")

func (failing) EncodeMsgpack(enc *msgpack.Encoder) error {
	enc.EncodeString("half of it")
	return errOnPurpose
}

func TestValueGivesBackWhatAppendValueWrote(t *testing.T) {
	at := time.Unix(1700000000, 123456789)
	tests := []struct {
		name     string
		in, want any
	}{
		{"nil", nil, nil}, {"true", true, true}, {"false", false, false},
		{"int", int(-5), int64(-5)}, {"int8", int8(-5), int64(-5)}, {"int16", int16(300), int64(300)},
		{"int32", int32(-70000), int64(-70000)}, {"int64", int64(1) << 40, int64(1) << 40},
		{"uint", uint(5), int64(5)}, {"uint8", uint8(200), int64(200)}, {"uint16", uint16(300), int64(300)},
		{"uint32", uint32(70000), int64(70000)}, {"uint64", uint64(5), int64(5)},
		{"uint64 max", uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{"float64", 1.5, 1.5}, {"float32", float32(1.5), 1.5},
		{"string", "text", "text"}, {"bin", []byte{1, 2}, []byte{1, 2}}, {"empty bin", []byte{}, []byte{}},
		{"nil bin", []byte(nil), nil}, {"nil slice", []any(nil), nil}, {"nil map", map[string]any(nil), nil},
		{"anys", []any{1, "a", nil, []any{}}, []any{int64(1), "a", nil, []any{}}},
		{"ints", []int{1, -1, 1000}, []any{int64(1), int64(-1), int64(1000)}},
		{"strings", []string{"a", ""}, []any{"a", ""}},
		{"nil ints", []int(nil), nil}, {"nil strings", []string(nil), nil},
		{"map", map[string]any{"k": []int{1}}, map[string]any{"k": []any{int64(1)}}},
		{"raw", Raw{0x92, 1, 2}, []any{int64(1), int64(2)}}, {"nil raw", Raw(nil), nil},
		{"ext", Ext{Type: 2, Data: []byte{1, 2, 3}}, Ext{Type: 2, Data: []byte{1, 2, 3}}},
		{"empty ext", Ext{Type: 2, Data: []byte{}}, Ext{Type: 2, Data: []byte{}}},
		{"bad time stays ext", Ext{Type: -1, Data: []byte{1, 2, 3}}, Ext{Type: -1, Data: []byte{1, 2, 3}}},
		{"struct", struct{ A int }{1}, map[string]any{"A": int64(1)}},
		{"named", time.Duration(5), int64(5)},
		{"mixed keys", map[any]any{"a": 1, 2: "b", nil: 3}, map[any]any{"a": int64(1), int64(2): "b", nil: int64(3)}},
		{"time", at, at},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := AppendValue([]byte("before"), tt.in)
			if err != nil || !bytes.HasPrefix(b, []byte("before")) {
				t.Fatalf("%q, %v", b, err)
			}
			b = b[len("before"):]
			got, n, err := Value(b)
			if err != nil || n != len(b) {
				t.Fatalf("%d of %x: %v", n, b, err)
			}
			if at, ok := got.(time.Time); ok && at.Equal(tt.want.(time.Time)) {
				return
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
			for cut := range b {
				if _, n, err := Value(b[:cut]); !errors.Is(err, ErrTruncated) || n != 0 {
					t.Errorf("cut to %d: %d, %v", cut, n, err)
				}
			}
		})
	}
}

func TestAppendValueAgreesWithMsgpack(t *testing.T) {
	for _, v := range []any{nil, true, 5, -5, 300, "text", []byte{1}, 1.5, float32(2.5), []any{1, "a"}, []string{"x"},
		[]int{1, 2, 100000}, map[string]any{"k": 1}, uint64(math.MaxUint64), int64(math.MinInt64)} {
		var buf bytes.Buffer
		enc := msgpack.NewEncoder(&buf)
		enc.UseCompactInts(true)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if got, err := AppendValue(nil, v); err != nil || !bytes.Equal(got, buf.Bytes()) {
			t.Errorf("%T: got %x, %v, want %x", v, got, err, buf.Bytes())
		}
	}
}

func TestAppendValueTakesBackWhatFailed(t *testing.T) {
	cycle := []any{nil}
	cycle[0] = cycle
	for name, tt := range map[string]struct {
		v    any
		want error
	}{
		"no encoder":       {make(chan int), nil},
		"nested":           {[]any{1, 2, make(chan int)}, nil},
		"in a map":         {map[string]any{"a": make(chan int)}, nil},
		"panic":            {panicking{}, nil},
		"panic in a slice": {[]panicking{{}}, nil},
		"half written":     {failing{}, errOnPurpose},
		"cycle":            {cycle, ErrDepth},
		"raw of two":       {Raw{1, 2}, ErrRaw},
		"raw cut":          {Raw{0x92, 1}, ErrRaw},
		"raw empty":        {Raw{}, ErrRaw},
		"raw in a struct":  {struct{ R Raw }{Raw{1, 2}}, ErrRaw},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := AppendValue([]byte("abc"), tt.v)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if string(b) != "abc" {
				t.Errorf("left %q", b)
			}
		})
	}
	if b, err := AppendValue(nil, struct{ A int }{1}); err != nil || len(b) != 4 {
		t.Errorf("afterwards: %x, %v", b, err)
	}
}

func TestMapKeys(t *testing.T) {
	for hex, want := range map[string]any{
		"82a16101a16102": map[string]any{"a": int64(2)},
		"82a1610105c0":   map[any]any{"a": int64(1), int64(5): nil},
		"81c301":         map[any]any{true: int64(1)},
		"81c001":         map[any]any{nil: int64(1)},
	} {
		if got, _, err := Value(unhex(t, hex)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", hex, got, err)
		}
	}
	for _, hex := range []string{"819001", "818001", "81c4016101", "81d4040101", "82a161018101a16101"} {
		if _, _, err := Value(unhex(t, hex)); !errors.Is(err, ErrMapKey) {
			t.Errorf("%s: %v", hex, err)
		}
	}
}

func TestDecodeValueIntoGoTypes(t *testing.T) {
	var (
		i    int
		i64  int64
		u64  uint64
		f    float64
		ok   bool
		s    string
		p    []byte
		a    any
		raw  Raw
		ints []int
		m    map[string]int
		pt   point
		ext  Ext
		anys []any
	)
	whole, err := AppendValue(nil, point{X: 1, Y: -2, Raw: Raw{0x91, 1}, Ext: Ext{Type: 9, Data: []byte{7}}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		hex  string
		dst  any
		want any
	}{
		{"05", &i, 5}, {"ff", &i64, int64(-1)}, {"ccff", &u64, uint64(255)},
		{"cb3ff8000000000000", &f, 1.5}, {"02", &f, 2.0}, {"ff", &f, -1.0}, {"ca3fc00000", &f, 1.5},
		{"c3", &ok, true}, {"a161", &s, "a"}, {"c40161", &s, "a"}, {"c40161", &p, []byte("a")}, {"a161", &p, []byte("a")},
		{"c0", &i, 0}, {"c0", &s, ""}, {"c0", &p, []byte(nil)}, {"c0", &ok, false}, {"c0", &u64, uint64(0)}, {"c0", &f, 0.0},
		{"9105", &a, []any{int64(5)}}, {"9105", &raw, Raw{0x91, 5}}, {"920102", &ints, []int{1, 2}},
		{"81a16101", &m, map[string]int{"a": 1}}, {"d40907", &ext, Ext{Type: 9, Data: []byte{7}}},
		{"920105", &anys, []any{int64(1), int64(5)}},
	}
	for _, tt := range tests {
		b := unhex(t, tt.hex)
		n, err := DecodeValue(append(b, 0xc1), tt.dst)
		if got := reflect.ValueOf(tt.dst).Elem().Interface(); err != nil || n != len(b) || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s into %T: %#v, %d, %v", tt.hex, tt.dst, got, n, err)
		}
		for cut := range b {
			if n, err := DecodeValue(b[:cut], tt.dst); !errors.Is(err, ErrTruncated) || n != 0 {
				t.Errorf("%s cut to %d into %T: %d, %v", tt.hex, cut, tt.dst, n, err)
			}
		}
	}
	if n, err := DecodeValue(whole, &pt); err != nil || n != len(whole) || pt.X != 1 || pt.Y != -2 ||
		!bytes.Equal(pt.Raw, Raw{0x91, 1}) || pt.Ext.Type != 9 || !bytes.Equal(pt.Ext.Data, []byte{7}) {
		t.Errorf("struct: %+v, %d, %v", pt, n, err)
	}
}

func TestDecodeValueRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		hex string
		dst any
	}{
		"string into int":     {"a161", new(int)},
		"negative into uint":  {"ff", new(uint64)},
		"too large for int64": {"cfffffffffffffffff", new(int64)},
		"array into string":   {"90", new(string)},
		"number into bool":    {"01", new(bool)},
		"string into float":   {"a161", new(float64)},
		"nil pointer":         {"01", (*int)(nil)},
		"nil any":             {"01", (*any)(nil)},
		"nil":                 {"01", nil},
		"no pointer":          {"01", 5},
		"panic":               {"01", new(panicking)},
		"illegal":             {"c1", new(Raw)},
		"illegal inside":      {"91c1", new([]int)},
		"map key":             {"819001", new(any)},
	} {
		t.Run(name, func(t *testing.T) {
			if n, err := DecodeValue(unhex(t, tt.hex), tt.dst); err == nil || n != 0 {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}

func TestResultsDoNotReferToTheInput(t *testing.T) {
	b, err := AppendValue(nil, []any{"text", []byte("bytes"), Ext{Type: 9, Data: []byte("ext")}})
	if err != nil {
		t.Fatal(err)
	}
	v, _, _ := Value(b)
	var raw Raw
	DecodeValue(b, &raw)
	keep := append(Raw{}, raw...)
	for i := range b {
		b[i] = 0xff
	}
	want := []any{"text", []byte("bytes"), Ext{Type: 9, Data: []byte("ext")}}
	if !reflect.DeepEqual(v, want) || !bytes.Equal(raw, keep) {
		t.Errorf("%v, %x", v, raw)
	}
}

// appendAll is how callers with variadic arguments use AppendValue.
func appendAll(dst []byte, args ...any) []byte {
	for i := range args {
		dst, _ = AppendValue(dst, args[i])
	}
	return dst
}

func TestAppendValueDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 1024)
	n, s, data := 7, strings.Repeat("s", 40), []int{1, 2, 3}
	var boxedString, boxedInts, boxedMap any = s, data, map[string]any{"a": 1, "b": []any{2, "x"}}
	if allocs := testing.AllocsPerRun(100, func() {
		buf = appendAll(buf[:0], n, 200, true, nil, "constant", boxedString, boxedInts, boxedMap)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	if raceEnabled {
		t.Log("SKIPPED for structs: the race detector makes sync.Pool forget, which allocates")
		return
	}
	type small struct{ A, B int }
	var boxedStruct any = &small{1, 2}
	if allocs := testing.AllocsPerRun(100, func() { buf = appendAll(buf[:0], boxedStruct) }); allocs != 0 {
		t.Errorf("%v allocations for a struct", allocs)
	}
}

func TestDecodeValueDoesNotAllocate(t *testing.T) {
	var i int
	var f float64
	var boxedInt, boxedFloat any = &i, &f
	small, double := AppendInt(nil, 5), AppendFloat64(nil, 1.5)
	if allocs := testing.AllocsPerRun(100, func() {
		DecodeValue(small, boxedInt)
		DecodeValue(double, boxedFloat)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func FuzzValue(f *testing.F) {
	for _, s := range values {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, n, err := Value(b)
		if err != nil {
			if n != 0 || v != nil {
				t.Fatalf("%v, %d with %v", v, n, err)
			}
			return
		}
		again, err := AppendValue(nil, v)
		if err != nil {
			t.Fatalf("%x: %#v: %v", b[:n], v, err)
		}
		v2, n2, err := Value(again)
		if err != nil || n2 != len(again) {
			t.Fatalf("%x became %x: %d, %v", b[:n], again, n2, err)
		}
		if third, err := AppendValue(nil, v2); err != nil || len(third) != len(again) {
			t.Fatalf("%x became %x, then %x, %v", b[:n], again, third, err)
		}
		var p point
		DecodeValue(b, &p)
		DecodeValue(b, &p.Raw)
	})
}

func BenchmarkAppendValue(b *testing.B) {
	buf := make([]byte, 0, 1024)
	type small struct{ A, B int }
	for name, v := range map[string]any{"int": 5, "string": "hello", "slice": []any{1, "two", 3.0}, "struct": &small{1, 2}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = AppendValue(buf[:0], v)
			}
		})
	}
}

func BenchmarkValue(b *testing.B) {
	data, _ := AppendValue(nil, []any{1, "two", 3.0})
	b.ReportAllocs()
	for b.Loop() {
		Value(data)
	}
}
