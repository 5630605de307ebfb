package iproto

import (
	"bytes"
	"reflect"
	"testing"
)

func TestParseEvent(t *testing.T) {
	for hex, want := range map[string]Event{
		"81 57 a16b":             {Key: []byte("k")},
		"82 57 a16b 58 92 01 02": {Key: []byte("k"), Data: []byte{0x92, 1, 2}},
		"82 58 c0 57 a16b":       {Key: []byte("k"), Data: []byte{0xc0}},
		"82 57 a0 70 01":         {Key: []byte{}},
	} {
		b := unhex(t, hex)
		got, n, err := ParseEvent(b)
		if err != nil || n != len(b) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %d, %v", hex, got, n, err)
		}
		if again, _, err := ParseEvent(got.Append(nil)); err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%s, appended: %+v, %v", hex, again, err)
		}
		if w, n, err := ParseWatch(b); err != nil || n != len(b) || !bytes.Equal(w.Key, want.Key) {
			t.Errorf("%s: watch %+v, %d, %v", hex, w, n, err)
		}
	}
}

func TestWatchersAppend(t *testing.T) {
	for want, got := range map[string][]byte{
		"ce 00000012 81 00 4a 81 57 ac 626f782e73687574646f776e": AppendWatch(nil, "box.shutdown"),
		"ce 00000007 81 00 4b 81 57 a1 6b":                       AppendUnwatch(nil, "k"),
		"ce 00000009 82 00 4c 01 07 81 57 a16b":                  AppendEvent(nil, 7, Event{Key: []byte("k")}),
		"ce 0000000e 82 00 4c 01 1b 82 57 a26b6b 58 92 01 02":    AppendEvent(nil, 27, Event{Key: []byte("kk"), Data: []byte{0x92, 1, 2}}),
	} {
		if !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("got %x, want %s", got, want)
		}
	}
}

func TestWatchersDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 100)
	e := Event{Key: []byte("key"), Data: []byte{5}}
	body := e.Append(nil)
	if n := testing.AllocsPerRun(100, func() {
		AppendWatch(buf, "key")
		AppendEvent(buf, 5, e)
		ParseEvent(body)
		ParseWatch(body)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseEvent(f *testing.F) {
	addBodies(f, 3, TypeEvent, TypeWatch, TypeWatchOnce)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkBody(t, b, ParseEvent, func(e Event) []byte { return e.Append(nil) })
		_, _, eventErr := ParseEvent(b)
		if _, _, err := ParseWatch(b); (err == nil) != (eventErr == nil) {
			t.Fatalf("watch: %v; event: %v", err, eventErr)
		}
	})
}
