package msgp

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"reflect"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// band is a tuple: its fields travel as an array.
type band struct {
	_msgpack struct{} `msgpack:",as_array"` //nolint:unused // the tag is read by msgpack/v5
	ID       uint64
	Name     string
	Year     int
	Tags     []string
}

// song travels as a map.
type song struct {
	Title  string         `msgpack:"title"`
	Length float64        `msgpack:"length,omitempty"`
	By     band           `msgpack:"by"`
	Extra  map[string]any `msgpack:"extra,omitempty"`
}

// pair writes and reads itself.
type pair struct{ a, b int }

func (p pair) EncodeMsgpack(enc *msgpack.Encoder) error {
	if err := enc.EncodeArrayLen(2); err != nil {
		return err
	}
	return enc.EncodeMulti(p.a, p.b)
}

func (p *pair) DecodeMsgpack(dec *msgpack.Decoder) error {
	if _, err := dec.DecodeArrayLen(); err != nil {
		return err
	}
	return dec.DecodeMulti(&p.a, &p.b)
}

var (
	beatles    = band{ID: 1, Name: "The Beatles", Year: 1960, Tags: []string{"rock"}}
	beatlesHex = "9401ab54686520426561746c6573cd07a891a4726f636b"
	yesterday  = song{Title: "Yesterday", By: beatles}
)

func TestStructsTravel(t *testing.T) {
	for name, tt := range map[string]struct {
		v    any
		hex  string
		want any // as a value of any type
	}{
		"array": {beatles, beatlesHex, []any{int64(1), "The Beatles", int64(1960), []any{"rock"}}},
		"arrays": {[]band{beatles, {}}, "92" + beatlesHex + "9400a000c0",
			[]any{[]any{int64(1), "The Beatles", int64(1960), []any{"rock"}}, []any{int64(0), "", int64(0), nil}}},
		"map": {yesterday, "82a57469746c65a9596573746572646179a26279" + beatlesHex,
			map[string]any{"title": "Yesterday", "by": []any{int64(1), "The Beatles", int64(1960), []any{"rock"}}}},
		"custom":  {pair{1, -1}, "9201ff", []any{int64(1), int64(-1)}},
		"nothing": {struct{}{}, "80", map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			ptr := reflect.New(reflect.TypeOf(tt.v))
			ptr.Elem().Set(reflect.ValueOf(tt.v))
			for _, v := range []any{tt.v, ptr.Interface()} {
				if got, err := AppendValue(nil, v); err != nil || !bytes.Equal(got, b) {
					t.Errorf("appended %x, %v, want %x", got, err, b)
				}
			}
			if got, err := AppendValue(nil, []any{tt.v, map[string]any{"k": tt.v}}); err != nil || len(got) != 1+2*len(b)+3 {
				t.Errorf("inside others: %x, %v", got, err)
			}
			dst := reflect.New(reflect.TypeOf(tt.v))
			if n, err := DecodeValue(append(b, 0xc1), dst.Interface()); err != nil || n != len(b) || !reflect.DeepEqual(dst.Elem().Interface(), tt.v) {
				t.Errorf("decoded %+v, %d, %v", dst.Elem(), n, err)
			}
			if got, _, err := Value(b); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("any: %v, %v", got, err)
			}
			for cut := range b {
				if n, err := DecodeValue(b[:cut], reflect.New(reflect.TypeOf(tt.v)).Interface()); !errors.Is(err, ErrTruncated) || n != 0 {
					t.Errorf("cut to %d: %d, %v", cut, n, err)
				}
			}
		})
	}
}

// msgpack/v5 fills a struct from an array of as many elements as it has fields, and no other.
func TestTuplesOfOtherLengthsDoNotFillStructs(t *testing.T) {
	for _, hex := range []string{"9101", "9201a161", "9501a161cd07a8c0a161"} {
		got := band{ID: 7}
		if n, err := DecodeValue(unhex(t, hex), &got); err == nil || n != 0 {
			t.Errorf("%s: %+v, %d, %v", hex, got, n, err)
		}
	}
	var none band
	if n, err := DecodeValue([]byte{0xc0}, &none); err != nil || n != 1 || !reflect.DeepEqual(none, band{}) {
		t.Errorf("nil: %+v, %d, %v", none, n, err)
	}
}

func TestStructsDecodeIntoOtherThings(t *testing.T) {
	b, err := AppendValue(nil, yesterday)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if _, err := DecodeValue(b, &m); err != nil || m["title"] != "Yesterday" {
		t.Errorf("map: %v, %v", m, err)
	}
	tuple := unhex(t, beatlesHex)
	var list []any
	if _, err := DecodeValue(tuple, &list); err != nil || len(list) != 4 || list[1] != "The Beatles" {
		t.Errorf("list: %v, %v", list, err)
	}
	var raws []Raw
	if _, err := DecodeValue(tuple, &raws); err != nil || len(raws) != 4 || !bytes.Equal(raws[2], Raw{0xcd, 0x07, 0xa8}) {
		t.Errorf("raws: %x, %v", raws, err)
	}
	bands := []band{{ID: 9, Tags: []string{"old"}}}
	if _, err := DecodeValue(append([]byte{0x91}, tuple...), &bands); err != nil || len(bands) != 1 || !reflect.DeepEqual(bands[0], beatles) {
		t.Errorf("bands: %+v, %v", bands, err)
	}
	var pointer *band
	if _, err := DecodeValue(tuple, &pointer); err != nil || !reflect.DeepEqual(*pointer, beatles) {
		t.Errorf("pointer: %+v, %v", pointer, err)
	}
	for _, dst := range []any{new(int), new(string), new(map[string]int), new([]int), new(chan int)} {
		if n, err := DecodeValue(tuple, dst); err == nil || n != 0 {
			t.Errorf("%T: %d, %v", dst, n, err)
		}
	}
}

func TestNumbersAtTheirLimits(t *testing.T) {
	for hex, v := range map[string]any{
		"cfffffffffffffffff": uint64(math.MaxUint64), "d38000000000000000": int64(math.MinInt64),
		"cf7fffffffffffffff": int64(math.MaxInt64), "cf8000000000000000": uint64(1) << 63,
		"cb7ff0000000000000": math.Inf(1), "cbfff0000000000000": math.Inf(-1), "cb8000000000000000": math.Copysign(0, -1),
		"cb7fefffffffffffff": math.MaxFloat64, "cb0000000000000001": math.SmallestNonzeroFloat64, "ca7f7fffff": float32(math.MaxFloat32),
	} {
		b, err := AppendValue(nil, v)
		if err != nil || !bytes.Equal(b, unhex(t, hex)) {
			t.Errorf("%v: %x, %v", v, b, err)
		}
		dst := reflect.New(reflect.TypeOf(v))
		if n, err := DecodeValue(b, dst.Interface()); err != nil || n != len(b) || dst.Elem().Interface() != v {
			t.Errorf("%v: %v, %d, %v", v, dst.Elem(), n, err)
		}
	}
	for _, b := range [][]byte{AppendFloat64(nil, math.NaN()), AppendFloat32(nil, float32(math.NaN()))} {
		v, _, err := Value(b)
		if f, ok := v.(float64); err != nil || !ok || !math.IsNaN(f) {
			t.Errorf("%x: %v, %v", b, v, err)
		}
		var inStruct struct{ F float64 }
		if _, err := DecodeValue(append([]byte{0x81, 0xa1, 'F'}, b...), &inStruct); err != nil || !math.IsNaN(inStruct.F) {
			t.Errorf("%x: %v, %v", b, inStruct, err)
		}
	}
}

func TestVarbinaryIsNoString(t *testing.T) {
	type record struct {
		Data []byte
		Text string
	}
	in := record{Data: []byte{0xff, 0}, Text: "text"}
	b, err := AppendValue(nil, in)
	if want := unhex(t, "82a444617461c402ff00a454657874a474657874"); err != nil || !bytes.Equal(b, want) {
		t.Errorf("appended %x, %v", b, err)
	}
	var out record
	if _, err := DecodeValue(b, &out); err != nil || !reflect.DeepEqual(in, out) {
		t.Errorf("decoded %+v, %v", out, err)
	}
	v, _, err := Value(b)
	if m := v.(map[string]any); err != nil || !bytes.Equal(m["Data"].([]byte), in.Data) || m["Text"] != "text" {
		t.Errorf("any: %v, %v", v, err)
	}
}

func TestBigIntsAreTheirText(t *testing.T) {
	b, err := AppendValue(nil, big.NewInt(12345))
	var back big.Int
	if err == nil {
		_, err = DecodeValue(b, &back)
	}
	if err != nil || back.Int64() != 12345 {
		t.Errorf("%x: %v, %v", b, &back, err)
	}
}

// point3 is an extension of this test.
type point3 struct{ X, Y, Z int8 }

func init() {
	RegisterExt(100, func(dst []byte, p point3) ([]byte, error) {
		if p.X < 0 {
			return dst, errOnPurpose
		}
		return append(dst, byte(p.X), byte(p.Y), byte(p.Z)), nil
	}, func(b []byte) (point3, error) {
		if len(b) != 3 || b[0] > 0x7f {
			return point3{}, errOnPurpose
		}
		return point3{int8(b[0]), int8(b[1]), int8(b[2])}, nil
	})
}

func TestRegisteredExtensions(t *testing.T) {
	p := point3{1, 2, 3}
	b, err := AppendValue([]byte("x"), p)
	if want := append([]byte("x"), unhex(t, "c70364010203")...); err != nil || !bytes.Equal(b, want) {
		t.Fatalf("%x, %v", b, err)
	}
	if v, n, err := Value(b[1:]); err != nil || n != 6 || v != p {
		t.Errorf("%v, %d, %v", v, n, err)
	}
	keyed, _, err := Value(append(unhex(t, "81"), append(b[1:], 5)...))
	if m, ok := keyed.(map[any]any); err != nil || !ok || m[p] != int64(5) {
		t.Errorf("as a key: %v, %v", keyed, err)
	}
	if left, err := AppendValue([]byte("abc"), []any{1, point3{X: -1}}); !errors.Is(err, errOnPurpose) || string(left) != "abc" {
		t.Errorf("left %q, %v", left, err)
	}
	for _, hex := range []string{"d5640102", "c70365010203", "c3", "a0"} {
		if n, err := DecodeValue(unhex(t, hex), new(point3)); err == nil || n != 0 {
			t.Errorf("%s: %d, %v", hex, n, err)
		}
		var in struct{ P point3 }
		if n, err := DecodeValue(append(unhex(t, "81a150"), unhex(t, hex)...), &in); err == nil || n != 0 {
			t.Errorf("%s in a struct: %d, %v", hex, n, err)
		}
	}
	if n, err := DecodeValue(b[1:], (*point3)(nil)); err == nil || n != 0 {
		t.Errorf("nil pointer: %d, %v", n, err)
	}
	var boxed any = p
	buf := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() { AppendValue(buf, boxed) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
