package ext

import (
	"bytes"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/kharon-net/kharon/codec/msgp"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestDatetimeOf(t *testing.T) {
	summer := time.Date(2024, 7, 1, 12, 0, 0, 5, time.UTC)
	for name, tt := range map[string]struct {
		at   time.Time
		want Datetime
	}{
		"UTC":             {summer, Datetime{Nsec: 5}},
		"New York":        {summer.In(location(t, "America/New_York")), Datetime{Nsec: 5, Offset: -240, Zone: 774}},
		"another name":    {summer.In(location(t, "US/Eastern")), Datetime{Nsec: 5, Offset: -240, Zone: 774}},
		"Kolkata":         {summer.In(location(t, "Asia/Kolkata")), Datetime{Nsec: 5, Offset: 330, Zone: 860}},
		"offset alone":    {summer.In(time.FixedZone("", -3600)), Datetime{Nsec: 5, Offset: -60}},
		"an abbreviation": {summer.In(time.FixedZone("CST", 8*3600)), Datetime{Nsec: 5, Offset: 480}},
		"Local":           {summer.In(time.FixedZone("Local", 7200)), Datetime{Nsec: 5, Offset: 120}},
	} {
		tt.want.Seconds = summer.Unix()
		got, err := DatetimeOf(tt.at)
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, tt.want)
		}
		if back := got.Time(); !back.Equal(tt.at) {
			t.Errorf("%s: %v became %v", name, tt.at, back)
		}
	}
	msk := Datetime{Offset: 180, Zone: ZoneOf("MSK")}
	if got := msk.Time().Format(time.RFC1123); got != "Thu, 01 Jan 1970 03:00:00 MSK" {
		t.Errorf("got %s", got)
	}
}

func TestDatetimesInStructs(t *testing.T) {
	type record struct {
		At   Datetime
		Then *Datetime
	}
	in := record{At: Datetime{Seconds: 1, Offset: 180, Zone: 238}}
	b, err := msgp.AppendValue(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	out := record{At: Datetime{Nsec: 7}, Then: new(Datetime)}
	if n, err := msgp.DecodeValue(b, &out); err != nil || n != len(b) || out.At != in.At || out.Then != nil {
		t.Errorf("%+v, %d, %v", out, n, err)
	}
	var alone Datetime
	if n, err := msgp.DecodeValue(unhex(t, "d704 0500000000000000"), &alone); err != nil || n != 10 || alone.Seconds != 5 {
		t.Errorf("%+v, %d, %v", alone, n, err)
	}
}

func TestDatetimesInMapsOfOtherNames(t *testing.T) {
	type table map[string]any
	at := time.Unix(5, 0).UTC()
	want := unhex(t, "81a16b d704 0500000000000000")
	for _, v := range []any{table{"k": at}, map[string]any{"k": at}, &map[string]any{"k": at}} {
		if b, err := msgp.AppendValue(nil, v); err != nil || !bytes.Equal(b, want) {
			t.Errorf("%T: %x, %v", v, b, err)
		}
	}
	nested := []any{table{"k": at}, []map[string]any{{"k": at}}, struct{ M map[string]any }{map[string]any{"k": at}}}
	if b, err := msgp.AppendValue(nil, nested); err != nil || bytes.Count(b, want) != 3 {
		t.Errorf("%x, %v", b, err)
	}
}

// Other users of msgpack/v5 in a program see nothing of the extensions, and can be read.
func TestMsgpackIsLeftAlone(t *testing.T) {
	type record struct {
		At time.Time
		ID [16]byte
		M  map[string]any
	}
	at := time.Date(2024, 7, 1, 12, 0, 0, 5, time.UTC)
	for name, v := range map[string]any{
		"time": at, "uuid": aUUID, "record": record{At: at, M: map[string]any{"at": at, "nil": nil}},
	} {
		var buf bytes.Buffer
		enc := msgpack.NewEncoder(&buf)
		enc.SetSortMapKeys(true)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(buf.Bytes(), []byte{0xd8}) || bytes.Contains(buf.Bytes(), []byte{0xd7, 4}) {
			t.Errorf("%s: %x", name, buf.Bytes())
		}
	}
	plain, err := msgpack.Marshal(map[string]any{"a": at, "u": aUUID})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		A time.Time `msgpack:"a"`
		U [16]byte  `msgpack:"u"`
	}
	if n, err := msgp.DecodeValue(plain, &got); err != nil || n != len(plain) || !got.A.Equal(at) {
		t.Errorf("%+v, %d, %v", got, n, err)
	}
	sorted := map[string]any{"e": 1, "d": 2, "c": 3, "b": 4, "a": 5}
	for range 10 {
		var buf bytes.Buffer
		enc := msgpack.NewEncoder(&buf)
		enc.SetSortMapKeys(true)
		if err := enc.Encode(sorted); err != nil || !bytes.HasPrefix(buf.Bytes(), []byte{0x85, 0xa1, 'a'}) {
			t.Fatalf("%x, %v", buf.Bytes(), err)
		}
	}
}
