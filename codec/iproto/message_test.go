package iproto

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/msgp"
)

// parsers are all parse functions for what follows a header, reduced to the error.
var parsers = map[string]func([]byte) error{
	"ping":  ParsePing,
	"call":  errorOf(ParseCall),
	"eval":  errorOf(ParseEval),
	"id":    errorOf(ParseID),
	"data":  errorOf(ParseData),
	"all":   errorOf(ParseDataAll),
	"chunk": errorOf(ParseChunk),
	"error": func(b []byte) error { _, err := ParseError(1, b); return err },
	"watch": errorOf(ParseWatch),
	"event": errorOf(ParseEvent),

	"auth":         errorOf(ParseAuth),
	"select":       errorOf(ParseSelect),
	"insert":       errorOf(ParseInsert),
	"update":       errorOf(ParseUpdate),
	"upsert":       errorOf(ParseUpsert),
	"delete":       errorOf(ParseDelete),
	"insert arrow": errorOf(ParseInsertArrow),
	"execute":      errorOf(ParseExecute),
	"prepare":      errorOf(ParsePrepare),
	"begin":        errorOf(ParseBegin),
	"commit":       errorOf(ParseCommit),
	"rollback":     ParseRollback,
	"sql result":   errorOf(ParseSQLResult),
	"sql info":     errorOf(ParseSQLInfo),
	"prepared":     errorOf(ParsePrepared),
	"column":       errorOf(ParseColumn),
}

// errorOf reduces a parse function to its error.
func errorOf[M any](parse func([]byte) (M, int, error)) func([]byte) error {
	return func(b []byte) error { _, _, err := parse(b); return err }
}

func TestParseCall(t *testing.T) {
	args := []byte{0x91, 1}
	tests := []struct {
		name string
		hex  string
		want Call
	}{
		{"usual", "82 22 a166 21 91 01", Call{Name: []byte("f"), Args: args}},
		{"of net.box", "83 22 a166 21 91 01 60 80", Call{Name: []byte("f"), Args: args, Formats: []byte{0x80}}},
		{"formats in the middle", "83 22 a166 60 81 01 90 21 91 01", Call{Name: []byte("f"), Args: args, Formats: []byte{0x81, 1, 0x90}}},
		{"arguments first", "82 21 91 01 22 a166", Call{Name: []byte("f"), Args: args}},
		{"no arguments", "81 22 a166", Call{Name: []byte("f"), Args: []byte{0x90}}},
		{"long forms", "de 0002 cc22 d90166 cc21 dd 00000001 01", Call{Name: []byte("f"), Args: unhex(t, "dd 00000001 01")}},
		{"unknown keys", "84 22 a166 21 91 01 71 a178 2b 90", Call{Name: []byte("f"), Args: args}},
		{"last of equal keys", "84 22 a165 22 a166 21 90 21 91 01", Call{Name: []byte("f"), Args: args}},
		{"empty name", "82 22 a0 21 90", Call{Name: []byte{}, Args: []byte{0x90}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			got, n, err := ParseCall(b)
			if err != nil || n != len(b) || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %d, %v, want %+v", got, n, err, tt.want)
			}
			again, _, err := ParseCall(got.Append(nil))
			if err != nil || !reflect.DeepEqual(got, again) {
				t.Errorf("appended: %+v, %v", again, err)
			}
		})
	}
}

func TestParseEval(t *testing.T) {
	b := unhex(t, "83 27 a3 31 2b 31 21 90 60 80")
	got, n, err := ParseEval(b)
	if err != nil || n != len(b) || string(got.Expr) != "1+1" || !bytes.Equal(got.Append(nil), b) {
		t.Errorf("%+v, %d, %v", got, n, err)
	}
	if got := append(AppendEvalHead(nil, "1+1"), 0x90); !bytes.Equal(got, unhex(t, "82 27 a3 31 2b 31 21 90")) {
		t.Errorf("head: %x", got)
	}
	if got := append(AppendCallHead(nil, "f"), 0x90); !bytes.Equal(got, (Call{Name: []byte("f")}).Append(nil)) {
		t.Errorf("call head: %x", got)
	}
}

func TestBodiesAreRefusedInTarantoolsWords(t *testing.T) {
	const (
		body    = "Invalid MsgPack - packet body"
		request = "Invalid MsgPack - request body"
		none    = "Invalid MsgPack - missing request body"
	)
	tests := []struct {
		parser, hex, want string
		cause             string
		offset            int
	}{
		{"call", "", none, "", 0},
		{"call", "90", body, "", 0},
		{"call", "c0", body, "", 0},
		{"call", "80", "Missing mandatory field 'FUNCTION_NAME' in request", "", 1},
		{"call", "81 21 91 01", "Missing mandatory field 'FUNCTION_NAME' in request", "", 4},
		{"call", "82 22 05 21 90", body, "", 2},
		{"call", "82 22 a166 21 80", body, "", 5},
		{"call", "82 22 a166 21 c0", body, "", 5},
		{"call", "83 22 a166 21 90 27 05", body, "", 7},
		{"call", "82 22 a166 a131 90", body, "", 4},
		{"call", "82 22 a166 21 90 00", body, "junk after input", 6},
		{"call", "83 22 a166 21 90", body, "truncated input", 6},
		{"call", "82 22 a166 21 91 c1", body, "illegal code", 6},
		{"eval", "", none, "", 0},
		{"eval", "80", "Missing mandatory field 'EXPR' in request", "", 1},
		{"eval", "81 27 c4 0161", body, "", 2},
		{"id", "", request, "", 0},
		{"id", "05", body, "", 0},
		{"id", "81 54 a23130", request, "", 2},
		{"id", "81 54 ff", request, "", 2},
		{"id", "82 54 0a 55 80", request, "", 4},
		{"id", "82 54 0a 55 91 a161", request, "", 4},
		{"id", "82 54 0a 55 91 ff", request, "", 4},
		{"id", "81 5b 01", request, "", 2},
		{"id", "81 ff 01", request, "", 1},
		{"id", "80 80", body, "junk after input", 1},
		{"ping", "80 80", body, "junk after input", 1},
		{"ping", "81 a16b c0 c0", body, "junk after input", 4},
		{"data", "90", body, "", 0},
		{"data", "81 30 80", body, "", 2},
		{"data", "81 30 91", body, "truncated input", 3},
		{"all", "82 30 90 60 90", body, "", 4},
		{"all", "82 30 90 35 01", body, "", 4},
		{"chunk", "81 30 05", body, "", 2},
		{"error", "81 31 05", body, "", 2},
		{"error", "c1", body, "illegal code", 0},
		{"watch", "", request, "", 0},
		{"watch", "90", body, "", 0},
		{"watch", "80", "Missing mandatory field 'EVENT_KEY' in request", "", 1},
		{"watch", "81 57 05", body, "", 2},
		{"watch", "81 ff 05", body, "", 1},
		{"event", "", body, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.parser+" "+tt.hex, func(t *testing.T) {
			err := parsers[tt.parser](unhex(t, tt.hex))
			var packet *PacketError
			if !errors.As(err, &packet) {
				t.Fatalf("error %v", err)
			}
			if packet.Message() != tt.want || packet.Offset != tt.offset || !errors.Is(err, packet.Code) {
				t.Errorf("got %q at %d, want %q at %d", packet.Message(), packet.Offset, tt.want, tt.offset)
			}
			if text := err.Error(); !strings.HasPrefix(text, "iproto: "+tt.want) {
				t.Errorf("text %q", text)
			}
			reply := ReplyTo(err)
			if reply.Code != packet.Code || reply.Message != tt.want {
				t.Errorf("reply: %v", reply)
			}
			if cause := errors.Unwrap(reply); (cause != nil) != (tt.cause != "") || cause != nil && !strings.Contains(cause.Error(), tt.cause) {
				t.Errorf("cause: %v, want %q", cause, tt.cause)
			}
		})
	}
}

func TestRepliesHaveTheFieldsOfTarantool(t *testing.T) {
	for _, r := range transcripts(t) {
		if !strings.HasSuffix(r.file, "tarantool-3.9/raw-missing-keys.txt") || !strings.Contains(r.note, "FUNCTION_NAME' in") {
			continue
		}
		p := r.packet(t)
		h, n, _ := ParseHeader(p)
		want, err := ParseError(h.Type.Code(), p[n:])
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = ParseCall([]byte{0x80})
		got := ReplyTo(err)
		got.Stack[0].File, got.Stack[0].Line = want.Stack[0].File, want.Stack[0].Line
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		return
	}
	t.Error("no such answer recorded")
}

func TestReplyToOtherErrors(t *testing.T) {
	if got := ReplyTo(errors.New("another")); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestParseID(t *testing.T) {
	for hex, want := range map[string]ID{
		"80": {},
		"82 54 0a 55 9a 00 01 02 03 04 05 06 08 09 0b":  {Version: 10, Features: 0b101101111111},
		"83 54 0a 55 92 00 03 5b a9 636861702d73686131": {Version: 10, Features: NewFeatures(FeatureStreams, FeatureWatchers), AuthType: "chap-sha1"},
		"81 54 cf 0000010000000000":                     {Version: 1 << 40},
		"81 55 94 00 0d 64 ce 3b9aca00":                 {Features: 1<<13 | 1},
		"81 55 93 00 00 00":                             {Features: 1},
		"84 54 0a 55 90 5b a9 636861702d73686131 70 01": {Version: 10, AuthType: "chap-sha1"},
	} {
		b := unhex(t, hex)
		got, n, err := ParseID(b)
		if err != nil || n != len(b) || got != want {
			t.Errorf("%s: %+v, %d, %v", hex, got, n, err)
		}
		if again, _, err := ParseID(got.Append(nil)); err != nil || again != got {
			t.Errorf("%s, appended: %+v, %v", hex, again, err)
		}
	}
}

func TestParseData(t *testing.T) {
	tests := []struct {
		name string
		hex  string
		want Data
	}{
		{"no body", "", Data{}},
		{"empty body", "80", Data{}},
		{"array of 32 bits", "81 30 dd 00000002 01 02", Data{Array: unhex(t, "dd 00000002 01 02")}},
		{"array of 16 bits", "81 30 dc 0001 01", Data{Array: unhex(t, "dc 0001 01")}},
		{"short array", "81 30 91 01", Data{Array: unhex(t, "91 01")}},
		{"empty formats", "82 30 90 60 80", Data{Array: unhex(t, "90"), Formats: unhex(t, "80")}},
		{"all", "83 30 91 01 60 80 35 a3 6b5145", Data{unhex(t, "91 01"), unhex(t, "80"), []byte("kQE")}},
		{"another order", "83 35 a3 6b5145 60 80 30 91 01", Data{unhex(t, "91 01"), unhex(t, "80"), []byte("kQE")}},
		{"metadata first", "82 32 91 80 30 91 01", Data{Array: unhex(t, "91 01")}},
		{"other keys only", "81 42 81 00 01", Data{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			all, n, err := ParseDataAll(b)
			if err != nil || n != len(b) || !reflect.DeepEqual(all, tt.want) {
				t.Errorf("all: %+v, %d, %v", all, n, err)
			}
			array, n, err := ParseData(b)
			if err != nil || n != len(b) || !bytes.Equal(array, tt.want.Array) {
				t.Errorf("array: %x, %d, %v", array, n, err)
			}
			if again, _, err := ParseDataAll(all.Append(nil)); err != nil || !reflect.DeepEqual(again, all) {
				t.Errorf("appended: %+v, %v", again, err)
			}
		})
	}
}

func TestDataIsAppendedInPlace(t *testing.T) {
	dst, mark := AppendDataHead([]byte("x"))
	dst = append(dst, 1, 2)
	dst = EndData(dst, mark, 2)
	if want := unhex(t, "78 81 30 dd 00000002 01 02"); !bytes.Equal(dst, want) {
		t.Errorf("got %x, want %x", dst, want)
	}
}

func TestDataGoesOnBehindTheResults(t *testing.T) {
	for _, tt := range []struct{ formats, position, want string }{
		{"", "", "81 30 dd 00000001 07"},
		{"80", "", "82 30 dd 00000001 07 60 80"},
		{"", "6b5145", "82 30 dd 00000001 07 35 a3 6b5145"},
		{"81 00 90", "6b5145", "83 30 dd 00000001 07 60 81 00 90 35 a3 6b5145"},
	} {
		var formats, position []byte
		if tt.formats != "" {
			formats = unhex(t, tt.formats)
		}
		if tt.position != "" {
			position = unhex(t, tt.position)
		}
		dst, mark := AppendDataHead([]byte("x"))
		dst = AppendDataTail(EndData(append(dst, 7), mark, 1), mark, formats, position)
		if want := append([]byte("x"), unhex(t, tt.want)...); !bytes.Equal(dst, want) {
			t.Errorf("got %x, want %x", dst, want)
		}
		d, _, err := ParseDataAll(dst[1:])
		if err != nil || !bytes.Equal(d.Formats, formats) || !bytes.Equal(d.Position, position) {
			t.Errorf("%s: read as %+v, %v", tt.want, d, err)
		}
	}
	if got := AppendDataTail([]byte{0x80}, 1, nil, []byte("kQE")); !bytes.Equal(got, []byte{0x80}) {
		t.Errorf("with a mark of somebody else's: %x", got)
	}
}

func TestParseChunk(t *testing.T) {
	for hex, want := range map[string]string{
		"81 30 dd 00000001 07": "07", "81 30 91 9201a161": "9201a161", "81 30 90": "", "80": "", "": "", "81 30 92 05 06": "05",
	} {
		value, _, err := ParseChunk(unhex(t, hex))
		if err != nil || !bytes.Equal(value, unhex(t, want)) {
			t.Errorf("%s: %x, %v", hex, value, err)
		}
	}
}

var wholeColumn = Column{Name: []byte("A"), Type: []byte("integer"), ColumnDetails: ColumnDetails{
	Collation: []byte("unicode"), HasNullable: true, Nullable: true, Autoincrement: true, HasSpan: true, Span: []byte("a+1"),
}}

var wholeSelect = Select{
	Space: Ref{Name: []byte("kv")}, Index: Ref{Name: []byte("pk")}, Iterator: IteratorGE, Offset: 300, Limit: NoLimit,
	Key: []byte{0x91, 1}, AfterPosition: []byte("kQE"), AfterTuple: []byte{0x91, 1}, FetchPosition: true,
}

// messages is one of each whole message, with the function that reads its body.
func messages(tb testing.TB) map[string][]byte {
	tb.Helper()
	e := NewError(CodeNoSuchProc, "Procedure 'x' is not defined", "func", "x")
	e.Stack = append(e.Stack, ErrorFrame{Type: "LuajitError", File: "f.lua", Line: 700, Message: "boom", Errno: 2, Code: CodeProcLua})
	data, mark := AppendDataHead(nil)
	data = EndData(append(data, 1, 2), mark, 2)
	return map[string][]byte{
		"call":  Call{Name: []byte("echo"), Args: []byte{0x92, 1, 2}, Formats: []byte{0x80}}.Append(nil),
		"eval":  Eval{Expr: []byte("return ..."), Args: []byte{0x92, 1, 2}}.Append(nil),
		"id":    ID{Version: 10, Features: 0xb7f, AuthType: "chap-sha1"}.Append(nil),
		"data":  data,
		"all":   Data{Array: []byte{0x91, 1}, Formats: []byte{0x80}, Position: []byte("kQE")}.Append(nil),
		"chunk": data,
		"error": e.Append(nil),
		"watch": Watch{Key: []byte("box.shutdown")}.Append(nil),
		"event": Event{Key: []byte("key"), Data: []byte{0x91, 1}}.Append(nil),

		"auth":         Auth{User: []byte("alice"), Method: []byte(AuthChapSHA1), Data: make([]byte, ScrambleSize)}.Append(nil),
		"select":       wholeSelect.Append(nil),
		"insert":       Insert{Space: Ref{Name: []byte("kv")}, Tuple: []byte{0x91, 1}}.Append(nil),
		"update":       Update{Space: Ref{ID: 512}, IndexBase: 1, Key: []byte{0x91, 1}, Ops: []byte{0x90}}.Append(nil),
		"upsert":       Upsert{Space: Ref{ID: 512}, IndexBase: 1, Tuple: []byte{0x91, 1}, Ops: []byte{0x90}}.Append(nil),
		"delete":       Delete{Space: Ref{ID: 512}, Index: Ref{ID: 1}, Key: []byte{0x91, 1}}.Append(nil),
		"insert arrow": InsertArrow{Space: Ref{ID: 512}, Arrow: []byte{0xd6, 8, 0, 0, 0, 0}}.Append(nil),
		"execute":      Execute{Text: []byte("select ?"), Bind: []byte{0x91, 1}}.Append(nil),
		"prepare":      Prepare{Text: []byte("select ?")}.Append(nil),
		"begin":        Begin{Timeout: time.Second, Isolation: IsolationReadCommitted, IsSync: true}.Append(nil),
		"commit":       Commit{IsSync: true}.Append(nil),
		"rollback":     {0x80},
		"sql result":   SQLResult{Metadata: []byte{0x90}, Rows: []byte{0x90}, Info: []byte{0x80}}.Append(nil),
		"sql info":     SQLInfo{RowCount: 2, AutoincrementIDs: []int64{1, -2}}.Append(nil),
		"prepared":     Prepared{StmtID: 1 << 31, BindCount: 1, Metadata: []byte{0x90}}.Append(nil),
		"column":       wholeColumn.Append(nil),
	}
}

func TestEveryTruncatedBodyIsAnError(t *testing.T) {
	for name, b := range messages(t) {
		if err := parsers[name](b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for cut := 1; cut < len(b); cut++ {
			if err := parsers[name](b[:cut]); !errors.Is(err, msgp.ErrTruncated) {
				t.Errorf("%s cut to %d: %v", name, cut, err)
			}
		}
	}
}

func TestEveryTruncatedPacketOfTheTranscripts(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range transcripts(t) {
		key := r.note[:min(len(r.note), 30)]
		if r.kind != "" || len(r.data) > 1000 || seen[key] {
			continue
		}
		seen[key] = true
		p := r.packet(t)
		for cut := range p {
			h, n, err := ParseHeader(p[:cut])
			if err == nil && n > cut || err != nil && n != 0 {
				t.Fatalf("%x cut to %d: %+v, %d, %v", p, cut, h, n, err)
			}
			for _, parse := range parsers {
				parse(p[n:cut])
			}
		}
	}
}

func TestMessagesDoNotAllocate(t *testing.T) {
	args := []byte{0x92, 1, 2}
	name := []byte("echo")
	all := messages(t)
	frame := AppendPing(nil, 5, 0)
	metadata := append([]byte{0x91}, wholeColumn.Append(nil)...)
	formats := []byte{0x81, 0x21, 0x91, 0x81, 0xa4, 'n', 'a', 'm', 'e', 0xa1, 'x'}
	buf := make([]byte, 0, 4096)
	for name, body := range all {
		if n := testing.AllocsPerRun(100, func() { parsers[name](body) }); n != 0 && name != "error" && name != "sql info" && name != "id" {
			t.Errorf("parse %s: %v allocations", name, n)
		}
	}
	for what, f := range map[string]func(){
		"append select":   func() { wholeSelect.Append(buf) },
		"append all":      func() { AppendSelectAll(buf, 281) },
		"append insert":   func() { Insert{Space: Ref{Name: name}, Tuple: args}.Append(buf) },
		"append update":   func() { Update{Space: Ref{ID: 512}, Key: args, Ops: args}.Append(buf) },
		"append upsert":   func() { Upsert{Space: Ref{ID: 512}, Tuple: args, Ops: args}.Append(buf) },
		"append delete":   func() { Delete{Space: Ref{ID: 512}, Key: args}.Append(buf) },
		"append arrow":    func() { InsertArrow{Space: Ref{ID: 512}, Arrow: args}.Append(buf) },
		"append auth":     func() { Auth{User: name, Method: name, Data: name}.Append(buf) },
		"append execute":  func() { Execute{Text: name, Bind: args}.Append(buf) },
		"append prepare":  func() { Prepare{Text: name}.Append(buf) },
		"append begin":    func() { Begin{Timeout: time.Second, IsSync: true}.Append(buf) },
		"append commit":   func() { Commit{IsSync: true}.Append(buf) },
		"append column":   func() { wholeColumn.Append(buf) },
		"append sql":      func() { SQLResult{Metadata: args, Rows: args}.Append(buf) },
		"append prepared": func() { Prepared{StmtID: 7}.Append(buf) },
		"append info":     func() { SQLInfo{RowCount: 7}.Append(buf) },
		"range columns": func() {
			for range Columns(metadata) {
			}
		},
		"range formats": func() {
			for f := range TupleFormats(formats) {
				for range f.Names() {
				}
			}
		},
		"append rollback": func() { AppendRollback(buf, 5, 1) },
		"append ping":     func() { AppendPing(buf, 5, 1) },
		"append call":     func() { Call{Name: name, Args: args}.Append(AppendRequestHeader(buf, TypeCall, 300, 0)) },
		"append head":     func() { AppendCallHead(AppendEvalHead(buf, "return 1"), "echo") },
		"append eval":     func() { Eval{Expr: name, Args: args}.Append(buf) },
		"append ok":       func() { AppendOK(buf, 5, 80) },
		"append data":     func() { b, mark := AppendDataHead(buf); EndData(b, mark, 0) },
		"append chunk":    func() { AppendChunk(buf, 5, 80, args) },
		"append reply":    func() { AppendReplyHeader(buf, TypeOK, 5, 80) },
		"append id":       func() { ID{Version: 10, Features: 5, AuthType: "chap-sha1"}.Append(buf) },
		"parse ping":      func() { ParsePing(nil) },
		"parse length":    func() { ParseFrameLength(frame, 0) },
		"parse request":   func() { ParseHeader(AppendRequestHeader(buf, TypeCall, 300, 0)) },
		"parse stream":    func() { ParseHeader(AppendRequestHeader(buf, TypeCall, 300, 7)) },
		"parse reply":     func() { ParseHeader(AppendReplyHeader(buf, TypeOK, 300, 7)) },
		"parse cut":       func() { ParseFrameLength(buf[:0], 0) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

func BenchmarkParseCall(b *testing.B) {
	body := Call{Name: []byte("echo"), Args: []byte{0x92, 1, 2}}.Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, n, _ := ParseCall(body); n == 0 {
			b.Fatal("no call")
		}
	}
}
