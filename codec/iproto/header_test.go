package iproto

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

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

func TestParseHeaderForms(t *testing.T) {
	const st = HasType | HasSync
	tests := []struct {
		name string
		hex  string
		want Header
	}{
		{"net.box request", "82 01 05 00 0a", Header{Type: TypeCall, Sync: 5, Fields: st}},
		{"type first", "82 00 40 01 01", Header{Type: TypePing, Sync: 1, Fields: st}},
		{"sync of 8 bits", "82 01 cc c8 00 40", Header{Type: TypePing, Sync: 200, Fields: st}},
		{"sync of 16 bits", "82 01 cd 0100 00 40", Header{Type: TypePing, Sync: 256, Fields: st}},
		{"sync of 32 bits", "82 00 40 01 ce 00010000", Header{Type: TypePing, Sync: 65536, Fields: st}},
		{"sync of 64 bits", "82 01 cf ffffffffffffffff 00 40", Header{Type: TypePing, Sync: 1<<64 - 1, Fields: st}},
		{"type of 8 bits", "82 00 cc 40 01 cf 0000000000000004", Header{Type: TypePing, Sync: 4, Fields: st}},
		{"chunk of our own", "82 01 01 00 cc 80", Header{Type: TypeChunk, Sync: 1, Fields: st}},
		{"stream", "83 01 05 00 0e 0a 01", Header{Type: TypeBegin, Sync: 5, StreamID: 1, Fields: st | HasStreamID}},
		{"thread", "83 01 05 00 0a 0b 03", Header{Type: TypeCall, Sync: 5, ThreadID: 3, Fields: st | HasThreadID}},
		{"no sync", "81 00 4a", Header{Type: TypeWatch, Fields: HasType}},
		{"no type", "81 01 0d", Header{Sync: 13, Fields: HasSync}},
		{"empty map", "80", Header{}},
		{"map of 16 bits", "de 0002 00 40 01 06", Header{Type: TypePing, Sync: 6, Fields: st}},
		{"map of 32 bits", "df 00000002 00 40 01 06", Header{Type: TypePing, Sync: 6, Fields: st}},
		{"keys of 8 bits", "82 cc 00 40 cc 01 07", Header{Type: TypePing, Sync: 7, Fields: st}},
		{"unknown key", "83 00 40 01 0a 70 01", Header{Type: TypePing, Sync: 10, Fields: st}},
		{"first unknown key", "83 00 40 01 0a 65 a178", Header{Type: TypePing, Sync: 10, Fields: st}},
		{"unknown key 1000", "83 00 40 01 0c cd 03e8 91 01", Header{Type: TypePing, Sync: 12, Fields: st}},
		{"key of a body", "83 00 40 01 0d 10 cd 0200", Header{Type: TypePing, Sync: 13, Fields: st}},
		{"reserved key with nil", "83 00 40 01 0d 0c c0", Header{Type: TypePing, Sync: 13, Fields: st}},
		{"last sync wins", "83 00 40 01 0b 01 0c", Header{Type: TypePing, Sync: 12, Fields: st}},
		{"keys of replication", "85 00 40 01 0d 02 01 03 07 04 cb 3ff8000000000000", Header{Type: TypePing, Sync: 13, Fields: st}},
		{"type cut to 32 bits", "82 01 05 00 cf 0000000100000040", Header{Type: TypePing, Sync: 5, Fields: st}},
		{"event", "82 00 4c 01 07", Header{Type: TypeEvent, Sync: 7, Fields: st}},
		{
			"reply of 3.x", "83 00 ce 00008021 01 cf 0000000000000005 05 cf 0000000000000056",
			Header{Type: ErrorType(CodeNoSuchProc), Sync: 5, SchemaVersion: 0x56, Fields: st | HasSchemaVersion},
		},
		{
			"reply of 2.x", "83 00 ce 00000080 01 cf 0000000000000005 05 ce 00000056",
			Header{Type: TypeChunk, Sync: 5, SchemaVersion: 0x56, Fields: st | HasSchemaVersion},
		},
		{
			"reply in other widths", "83 05 56 01 05 00 00",
			Header{Type: TypeOK, Sync: 5, SchemaVersion: 0x56, Fields: st | HasSchemaVersion},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			for _, tail := range []string{"", "80", strings.Repeat("c1", 30)} {
				h, n, err := ParseHeader(append(b, unhex(t, tail)...))
				if err != nil || n != len(b) || h != tt.want {
					t.Errorf("with %q behind: %+v, %d, %v", tail, h, n, err)
				}
			}
			for cut := range b {
				if h, n, err := ParseHeader(b[:cut]); err == nil || n != 0 || h != (Header{}) {
					t.Errorf("cut to %d: %+v, %d, %v", cut, h, n, err)
				}
			}
		})
	}
}

func TestParseHeaderErrors(t *testing.T) {
	tests := []struct {
		name   string
		hex    string
		sync   uint64
		offset int
		err    error
	}{
		{"nothing", "", 0, 0, msgp.ErrTruncated},
		{"array", "92 00 40", 0, 0, ErrNotMap},
		{"integer", "05", 0, 0, ErrNotMap},
		{"map cut", "82 00 40", 0, 3, msgp.ErrTruncated},
		{"0xc1", "82 00 c1 01 01", 0, 2, msgp.ErrInvalid},
		{"0xc1 after the sync", "83 00 40 01 0b 0a c1", 0, 6, msgp.ErrInvalid},
		{"string key", "82 00 40 a473796e63 01", 0, 3, ErrKey},
		{"negative key", "82 00 40 ff 01", 0, 3, ErrKey},
		{"type is a string", "82 00 a470696e67 01 05", 0, 2, ErrType},
		{"type is negative", "82 01 06 00 ff", 6, 4, ErrType},
		{"type is nil", "82 00 c0 01 07", 0, 2, ErrType},
		{"sync is a string", "82 00 40 01 a178", 0, 4, ErrType},
		{"sync is negative", "82 00 40 01 fb", 0, 4, ErrType},
		{"sync is a double", "82 00 40 01 cb 4000000000000000", 0, 4, ErrType},
		{"stream is a string", "83 00 40 01 0b 0a a178", 11, 6, ErrType},
		{"schema version is a string", "83 00 40 01 0c 05 a178", 12, 6, ErrType},
		{"timestamp is a float32", "83 00 40 01 0c 04 ca 00000000", 12, 6, ErrType},
		{"reserved key", "83 00 40 01 0c 0c 01", 12, 6, ErrType},
		{"key of a body, wrong type", "83 00 40 01 0c 22 01", 12, 6, ErrType},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, n, err := ParseHeader(unhex(t, tt.hex))
			var packet *PacketError
			if !errors.As(err, &packet) || !errors.Is(err, tt.err) || n != 0 {
				t.Fatalf("%d, %v", n, err)
			}
			if h.Sync != tt.sync || packet.Offset != tt.offset {
				t.Errorf("sync %d, offset %d, want %d, %d", h.Sync, packet.Offset, tt.sync, tt.offset)
			}
			if packet.Code != CodeInvalidMsgPack || packet.Message() != "Invalid MsgPack - packet header" {
				t.Errorf("%v %q", packet.Code, packet.Message())
			}
		})
	}
}

func TestAppendHeader(t *testing.T) {
	for want, got := range map[string][]byte{
		"82 01 05 00 0a":                   AppendRequestHeader(nil, TypeCall, 5, 0),
		"83 01 05 00 0e 0a 01":             AppendRequestHeader(nil, TypeBegin, 5, 1),
		"83 01 cd0100 00 cc80 0a ce 10000": AppendRequestHeader(nil, TypeChunk, 256, 0x10000),
		"83 00 ce 00000080 01 cf 0000000000000005 05 cf 0000000000000056": AppendReplyHeader(nil, TypeChunk, 5, 0x56),
	} {
		want = strings.Replace(want, "ce 10000", "ce 00010000", 1)
		if hex.EncodeToString(got) != strings.ReplaceAll(want, " ", "") {
			t.Errorf("got %x, want %s", got, want)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	for i, r := range transcripts(f) {
		if r.kind == "" && i%7 == 0 {
			f.Add(r.packet(f))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHeader(b)
		var slow Header
		m, slowErr := slow.parseAny(b)
		if h != slow || n != m || (err == nil) != (slowErr == nil) {
			t.Fatalf("%x: %+v, %d, %v; the general parser: %+v, %d, %v", b, h, n, err, slow, m, slowErr)
		}
		if err != nil {
			if ReplyTo(err) == nil || n != 0 {
				t.Fatalf("%d, %v", n, err)
			}
			return
		}
		var again []byte
		switch h.Fields {
		case HasType | HasSync | HasSchemaVersion:
			again = AppendReplyHeader(nil, h.Type, h.Sync, h.SchemaVersion)
		case HasType | HasSync:
			again = AppendRequestHeader(nil, h.Type, h.Sync, 0)
		default:
			return
		}
		if h2, n, err := ParseHeader(again); h2 != h || n != len(again) || err != nil {
			t.Fatalf("%x: %+v, then %+v, %v", b, h, h2, err)
		}
	})
}

func BenchmarkParseHeader(b *testing.B) {
	for name, s := range map[string]string{
		"reply 3.x": "83 00 ce 00000000 01 cf 0000000000000005 05 cf 0000000000000056",
		"reply 2.x": "83 00 ce 00000000 01 cf 0000000000000005 05 ce 00000056",
		"request":   "82 01 cd 0500 00 0a",
		"stream":    "83 01 cd 0500 00 0a 0a 01",
		"general":   "83 01 cd 0500 00 0a 0b 01",
	} {
		data := unhex(b, s)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, n, _ := ParseHeader(data); n == 0 {
					b.Fatal("no header")
				}
			}
		})
	}
}
