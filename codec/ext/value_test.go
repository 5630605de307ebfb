package ext

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// unhex decodes hexadecimal digits with any spaces between them.
func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

var aUUID = uuid.MustParse("f6423bdf-b49e-4913-b361-0740c9702e4b")

// vectors are what Tarantool writes.
var vectors = []struct {
	name string
	hex  string
	v    any
}{
	{"decimal 0", "d501000c", decimal.Zero},
	{"decimal 1", "d501001c", decimal.New(1, 0)},
	{"decimal -1", "d501001d", decimal.New(-1, 0)},
	{"decimal 1.5", "c7030101015c", decimal.New(15, -1)},
	{"decimal -12.34", "d6010201234d", decimal.New(-1234, -2)},
	{"decimal 123456789", "c70601 00 123456789c", decimal.New(123456789, 0)},
	{"decimal 1e10", "d501f61c", decimal.New(1, 10)},
	{"decimal 1e-20", "d501141c", decimal.New(1, -20)},
	{"decimal 0.00", "d501020c", decimal.New(0, -2)},
	{"decimal -1e-38", "d501261d", decimal.New(-1, -38)},
	{"decimal of 38 nines", "c71501 00 09" + strings.Repeat("99", 18) + "9c", decimal.RequireFromString(strings.Repeat("9", 38))},
	{"decimal of 76 nines", "c72801 00 09" + strings.Repeat("99", 37) + "9c", decimal.RequireFromString(strings.Repeat("9", 76))},
	{"uuid", "d802f6423bdfb49e4913b3610740c9702e4b", aUUID},
	{"epoch", "d7040000000000000000", time.Unix(0, 0).UTC()},
	{"epoch + 1 s", "d7040100000000000000", time.Unix(1, 0).UTC()},
	{"epoch - 1 s", "d704ffffffffffffffff", time.Unix(-1, 0).UTC()},
	{"nanoseconds", "d804 0100000000000000 15cd5b07 0000 0000", time.Unix(1, 123456789).UTC()},
	{"+03:00", "d804 9047e06500000000 00000000 b400 0000", time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("", 3*3600))},
	{"Europe/Moscow", "d804 9047e06500000000 00000000 b400 b303", time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("Europe/Moscow", 3*3600))},
	{"interval", "c703060108 01", Interval{}},
	{"interval of a year", "c705060200010801", Interval{Year: 1}},
	{"interval -1 d 200 s", "d706 03 03ff 06ccc8 0801", Interval{Day: -1, Sec: 200}},
	{"interval of all", "c71306 09 0001 0102 0203 0304 0405 0506 0607 0708 0802", Interval{1, 2, 3, 4, 5, 6, 7, 8, AdjustLast}},
	{"interval excess", "c70306010101", Interval{Month: 1, Adjust: AdjustExcess}},
	{"interval none", "c705060201010801", Interval{Month: 1}},
	{"tuple", "c70507 21 9201a161", Tuple{Format: 33, Fields: msgp.Raw{0x92, 1, 0xa1, 'a'}}},
	{"arrow", "d60800000000", Arrow{Stream: []byte{0, 0, 0, 0}}},
	{"error", "c71603 81 00 91 86 00 a154 02 01 01 a166 03 a46f6f7073 04 02 05 21", &iproto.Error{
		Code: 33, Message: "oops", Stack: []iproto.ErrorFrame{{Type: "T", File: "f", Line: 1, Message: "oops", Errno: 2, Code: 33}},
	}},
}

// same compares values as their users do.
func same(a, b any) bool {
	switch a := a.(type) {
	case decimal.Decimal:
		b, ok := b.(decimal.Decimal)
		return ok && a.Equal(b) && a.Exponent() == b.Exponent()
	case time.Time:
		b, ok := b.(time.Time)
		_, x := a.Zone()
		_, y := b.Zone()
		return ok && a.Equal(b) && x == y && a.Location().String() == b.Location().String()
	}
	return reflect.DeepEqual(a, b)
}

func TestVectors(t *testing.T) {
	for _, tt := range vectors {
		t.Run(tt.name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			got, err := msgp.AppendValue([]byte("x"), tt.v)
			if err != nil || !bytes.Equal(got[1:], b) {
				t.Errorf("appended %x, %v, want %x", got, err, b)
			}
			v, n, err := msgp.Value(append(bytes.Clone(b), 0xc1))
			if err != nil || n != len(b) || !same(v, tt.v) {
				t.Errorf("read %v, %d, %v, want %v", v, n, err, tt.v)
			}
			dst := reflect.New(reflect.TypeOf(tt.v))
			if n, err := msgp.DecodeValue(b, dst.Interface()); err != nil || n != len(b) || !same(dst.Elem().Interface(), tt.v) {
				t.Errorf("decoded %v, %d, %v, want %v", dst.Elem(), n, err, tt.v)
			}
			if n, err := msgp.DecodeValue([]byte{0xc0}, dst.Interface()); err != nil || n != 1 || !dst.Elem().IsZero() {
				t.Errorf("nil decoded: %v, %d, %v", dst.Elem(), n, err)
			}
			for cut := range b {
				if _, _, err := msgp.Value(b[:cut]); !errors.Is(err, msgp.ErrTruncated) {
					t.Errorf("cut to %d: %v", cut, err)
				}
			}
		})
	}
}

func TestValuesTravelEverywhere(t *testing.T) {
	for _, tt := range vectors {
		t.Run(tt.name, func(t *testing.T) {
			typ := reflect.TypeOf(tt.v)
			ptr := reflect.New(typ)
			ptr.Elem().Set(reflect.ValueOf(tt.v))
			list := reflect.Append(reflect.MakeSlice(reflect.SliceOf(typ), 0, 1), reflect.ValueOf(tt.v))
			table := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), typ))
			table.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf(tt.v))
			record := reflect.New(reflect.StructOf([]reflect.StructField{
				{Name: "A", Type: typ}, {Name: "B", Type: ptr.Type()}, {Name: "C", Type: reflect.TypeFor[any]()},
			}))
			record.Elem().Field(0).Set(reflect.ValueOf(tt.v))
			record.Elem().Field(1).Set(ptr)
			record.Elem().Field(2).Set(reflect.ValueOf(tt.v))
			one := hex.EncodeToString(unhex(t, tt.hex))
			for what, c := range map[string]struct {
				v    any
				want string
			}{
				"pointer": {ptr.Interface(), one},
				"list":    {list.Interface(), "91" + one},
				"table":   {table.Interface(), "81a16b" + one},
				"record":  {record.Interface(), "83a141" + one + "a142" + one + "a143" + one},
				"anys":    {[]any{tt.v, map[string]any{"k": tt.v}}, "92" + one + "81a16b" + one},
			} {
				b, err := msgp.AppendValue(nil, c.v)
				if err != nil || hex.EncodeToString(b) != c.want {
					t.Errorf("%s: appended %x, %v, want %s", what, b, err, c.want)
					continue
				}
				dst := reflect.New(reflect.TypeOf(c.v))
				if n, err := msgp.DecodeValue(b, dst.Interface()); err != nil || n != len(b) {
					t.Errorf("%s: decoded %v, %d, %v", what, dst.Elem(), n, err)
				}
				again, err := msgp.AppendValue(nil, dst.Interface())
				if err != nil || !bytes.Equal(again, b) {
					t.Errorf("%s: %x became %x, %v", what, b, again, err)
				}
			}
		})
	}
}

func TestBadPayloads(t *testing.T) {
	for name, tt := range map[string]struct {
		hex string
		dst any
	}{
		"decimal, empty":              {"c70001", new(decimal.Decimal)},
		"decimal, no digits":          {"d40100", new(decimal.Decimal)},
		"decimal, no sign":            {"d5010011", new(decimal.Decimal)},
		"decimal, sign too early":     {"c7030100 1c1c", new(decimal.Decimal)},
		"decimal, digit above 9":      {"d50100ac", new(decimal.Decimal)},
		"decimal, scale is a string":  {"d501a01c", new(decimal.Decimal)},
		"decimal, scale is cut":       {"d501ce1c", new(decimal.Decimal)},
		"decimal, 77 digits":          {"c72801 00 99" + strings.Repeat("99", 37) + "9c", new(decimal.Decimal)},
		"decimal, very long":          {"c76401 00" + strings.Repeat("00", 98) + "1c", new(decimal.Decimal)},
		"decimal, scale 77":           {"d5014d1c", new(decimal.Decimal)},
		"decimal, scale -76":          {"c70301d0b41c", new(decimal.Decimal)},
		"decimal, scale of 2 billion": {"c70601ce7fffffff1c", new(decimal.Decimal)},
		"decimal, the lowest scale":   {"c70a01d380000000000000001c", new(decimal.Decimal)},
		"decimal, the highest scale":  {"c70a01cf7fffffffffffffff1c", new(decimal.Decimal)},
		"decimal, scale beyond int64": {"c70a01cfffffffffffffffff1c", new(decimal.Decimal)},
		"uuid of 15 bytes":            {"c70f02" + strings.Repeat("00", 15), new(uuid.UUID)},
		"uuid of 17 bytes":            {"c71102" + strings.Repeat("00", 17), new(uuid.UUID)},
		"datetime of 9 bytes":         {"c70904" + strings.Repeat("00", 9), new(time.Time)},
		"datetime, empty":             {"c70004", new(time.Time)},
		"datetime, nsec":              {"d804 0000000000000000 00ca9a3b 0000 0000", new(time.Time)},
		"datetime, nsec below 0":      {"d804 0000000000000000 ffffffff 0000 0000", new(time.Time)},
		"datetime, offset 841":        {"d804 0000000000000000 00000000 4903 0000", new(time.Time)},
		"datetime, offset -721":       {"d804 0000000000000000 00000000 2ffd 0000", new(time.Time)},
		"datetime, zone 1025":         {"d804 0000000000000000 00000000 0000 0104", new(time.Time)},
		"datetime, end of time":       {"d704 ffffffffffffff7f", new(time.Time)},
		"interval, empty":             {"c70006", new(Interval)},
		"interval, field missing":     {"d40601", new(Interval)},
		"interval, value missing":     {"d5060100", new(Interval)},
		"interval, field 9":           {"c703060109 01", new(Interval)},
		"interval, junk":              {"d606010001c0", new(Interval)},
		"interval, value is a string": {"c703060100a0", new(Interval)},
		"interval, adjust 3":          {"c7030601 0803", new(Interval)},
		"tuple, empty":                {"c70007", new(Tuple)},
		"tuple, no array":             {"d50721c0", new(Tuple)},
		"tuple, array cut":            {"d5072191", new(Tuple)},
		"tuple, two arrays":           {"c703072190 90", new(Tuple)},
		"tuple, format below 0":       {"d507ff90", new(Tuple)},
		"error, no map":               {"d40390", new(*iproto.Error)},
		"error, no stack":             {"d40380", new(*iproto.Error)},
		"error, empty stack":          {"c70303810090", new(*iproto.Error)},
	} {
		t.Run(name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			n, err := msgp.DecodeValue(b, tt.dst)
			var e *Error
			if n != 0 || !errors.As(err, &e) || e.Type != int8(b[len(b)-len(payload(t, b))-1]) {
				t.Errorf("%d, %v", n, err)
			}
			if v, _, err := msgp.Value(b); err != nil || reflect.TypeOf(v) != reflect.TypeFor[msgp.Ext]() {
				t.Errorf("as any value: %v, %v", v, err)
			}
			again, err := msgp.AppendValue(nil, msgp.Ext{Type: e.Type, Data: payload(t, b)})
			if err != nil || !bytes.Equal(payload(t, again), payload(t, b)) {
				t.Errorf("appended as it is: %x, %v", again, err)
			}
		})
	}
}

func payload(t *testing.T, b []byte) []byte {
	t.Helper()
	_, size, n, err := msgp.ReadExtHeader(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[n : n+size]
}

func TestValuesThatCannotTravel(t *testing.T) {
	for name, v := range map[string]any{
		"77 digits":             decimal.RequireFromString("1" + strings.Repeat("0", 76)),
		"many digits":           decimal.RequireFromString(strings.Repeat("9", 1000)),
		"77 places":             decimal.New(1, -77),
		"1e76":                  decimal.New(1, 76),
		"1e2147483647":          decimal.New(1, 1<<31-1),
		"offset of 15 hours":    time.Now().In(time.FixedZone("", 15*3600)),
		"datetime, nsec":        Datetime{Nsec: 1e9},
		"datetime, zone":        Datetime{Zone: 1025},
		"datetime, offset":      Datetime{Offset: -721},
		"interval, adjust":      Interval{Adjust: 3},
		"tuple of a map":        Tuple{Fields: msgp.Raw{0x80}},
		"tuple of two":          Tuple{Fields: msgp.Raw{0x90, 0x90}},
		"tuple, empty":          Tuple{Fields: msgp.Raw{}},
		"77 digits in a struct": struct{ D decimal.Decimal }{decimal.New(1, 76)},
	} {
		b, err := msgp.AppendValue([]byte("abc"), v)
		var e *Error
		if !errors.As(err, &e) || string(b) != "abc" {
			t.Errorf("%s: left %q, %v", name, b, err)
		}
	}
}

func TestOtherTypesOfExtensionsAreRefused(t *testing.T) {
	for _, dst := range []any{new(decimal.Decimal), new(uuid.UUID), new(time.Time), new(Interval), new(Tuple), new(Arrow), new(*iproto.Error)} {
		if n, err := msgp.DecodeValue(unhex(t, "d46363"), dst); err == nil || n != 0 {
			t.Errorf("%T: %d, %v", dst, n, err)
		}
		if n, err := msgp.DecodeValue([]byte{0xc3}, dst); err == nil || n != 0 {
			t.Errorf("%T: a boolean: %d, %v", dst, n, err)
		}
	}
	if _, _, err := ReadUUID(unhex(t, "d5010000")); err == nil {
		t.Error("a decimal is a UUID")
	}
}

func TestNilPointersAreNil(t *testing.T) {
	for _, v := range []any{(*decimal.Decimal)(nil), (*uuid.UUID)(nil), (*time.Time)(nil), (*iproto.Error)(nil), (*Interval)(nil), (*Datetime)(nil)} {
		if b, err := msgp.AppendValue(nil, v); err != nil || !bytes.Equal(b, []byte{0xc0}) {
			t.Errorf("%T: %x, %v", v, b, err)
		}
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 1024)
	var u, at, span any = aUUID, time.Unix(1, 2).UTC(), Interval{Year: 1, Sec: -5}
	fields := msgp.Raw{0x91, 1}
	b := unhex(t, "d804 9047e06500000000 00000000 b400 b303")
	for what, f := range map[string]func(){
		"uuid":     func() { AppendUUID(buf, aUUID) },
		"interval": func() { AppendInterval(buf, Interval{Year: 1}) },
		"datetime": func() { AppendDatetime(buf, Datetime{Seconds: 5, Zone: 7}) },
		"tuple":    func() { AppendTuple(buf, Tuple{Format: 5, Fields: fields}) },
		"read":     func() { ReadDatetime(b) },
		"values":   func() { msgp.AppendValue(buf, u); msgp.AppendValue(buf, at); msgp.AppendValue(buf, span) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

func FuzzExt(f *testing.F) {
	for _, tt := range vectors {
		b := unhex(f, tt.hex)
		typ, _, n, _ := msgp.ReadExtHeader(b)
		f.Add(uint8(typ), b[n:])
	}
	f.Fuzz(func(t *testing.T, typ uint8, data []byte) {
		b, err := msgp.AppendValue(nil, msgp.Ext{Type: int8(typ), Data: data})
		if err != nil {
			t.Fatal(err)
		}
		v, n, err := msgp.Value(b)
		if err != nil || n != len(b) {
			t.Fatalf("%x: %d, %v", b, n, err)
		}
		again, err := msgp.AppendValue(nil, v)
		if err != nil {
			t.Fatalf("%x: %v: %v", b, v, err)
		}
		v2, n, err := msgp.Value(again)
		if err != nil || n != len(again) {
			t.Fatalf("%x became %x: %d, %v", b, again, n, err)
		}
		if third, err := msgp.AppendValue(nil, v2); err != nil || !bytes.Equal(third, again) {
			t.Fatalf("%x became %x, then %x, %v", b, again, third, err)
		}
		if d, _, err := ReadDatetime(b); err == nil {
			if same, err := AppendDatetime(nil, d); err != nil || len(same) > len(b) {
				t.Fatalf("%x became %x, %v", b, same, err)
			}
		}
	})
}
