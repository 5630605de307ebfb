package iproto

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestParseColumn(t *testing.T) {
	for hex, want := range map[string]Column{
		"82 00 a161 01 a162":               {Name: []byte("a"), Type: []byte("b")},
		"83 01 a162 00 a161 09 c0":         {Name: []byte("a"), Type: []byte("b")},
		"83 00 a161 01 a162 05 c0":         {Name: []byte("a"), Type: []byte("b"), ColumnDetails: ColumnDetails{HasSpan: true}},
		"83 00 a161 01 a162 03 c2":         {Name: []byte("a"), Type: []byte("b"), ColumnDetails: ColumnDetails{HasNullable: true}},
		"84 00 a161 01 a162 04 c3 02 a163": {Name: []byte("a"), Type: []byte("b"), ColumnDetails: ColumnDetails{Autoincrement: true, Collation: []byte("c")}},
	} {
		b := unhex(t, hex)
		got, n, err := ParseColumn(b)
		if err != nil || n != len(b) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %d, %v", hex, got, n, err)
		}
	}
	for _, hex := range []string{"", "90", "81 00 05", "81 01 c0", "81 02 c0", "81 03 c0", "81 04 05", "81 05 05", "81 a161 05"} {
		if _, n, err := ParseColumn(unhex(t, hex)); !errors.Is(err, CodeInvalidMsgPack) || n != 0 {
			t.Errorf("%q: %d, %v", hex, n, err)
		}
	}
}

func TestColumnsEndAtTheFirstFault(t *testing.T) {
	for hex, want := range map[string]int{"": 0, "90": 0, "92 80 80": 2, "93 80 05 80": 1, "80": 0, "92 80": 0} {
		good, bad := 0, 0
		for _, err := range Columns(unhex(t, hex)) {
			if err != nil {
				bad++
				continue
			}
			good++
		}
		if faulty := hex == "93 80 05 80" || hex == "80" || hex == "92 80"; good != want || (bad == 1) != faulty {
			t.Errorf("%q: %d columns, %d errors", hex, good, bad)
		}
	}
}

func TestTupleFieldsAreAppended(t *testing.T) {
	// as a Tarantool 3.9 describes them
	want := unhex(t, "92 82a46e616d65a26964a474797065a8756e7369676e6564 83a46e616d65a464617461a474797065a3616e79ab69735f6e756c6c61626c65c3")
	got := AppendTupleField(AppendTupleField([]byte{0x92}, "id", "unsigned", false), "data", "any", true)
	if !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestTupleFormats(t *testing.T) {
	b := unhex(t, "82 21 92 82 a4 6e616d65 a2 6964 a4 74797065 a8 756e7369676e6564 81 c0 05  cd0100 90")
	var ids []uint64
	var names []string
	for f, err := range TupleFormats(b) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, f.ID)
		for name := range f.Names() {
			names = append(names, string(name))
		}
	}
	if !reflect.DeepEqual(ids, []uint64{0x21, 256}) || !reflect.DeepEqual(names, []string{"id", ""}) {
		t.Errorf("formats %v, names %q", ids, names)
	}
	for hex, want := range map[string]int{"": 0, "80": 0, "90": 1, "81 01 80": 1, "81 a1 61 90": 1, "81 01": 1} {
		bad := 0
		for _, err := range TupleFormats(unhex(t, hex)) {
			if err != nil {
				bad++
			}
		}
		if bad != want {
			t.Errorf("%q: %d errors", hex, bad)
		}
	}
}
