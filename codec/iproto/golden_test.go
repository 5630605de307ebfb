package iproto

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/msgp"
)

func TestEveryServerFrameParses(t *testing.T) {
	seen := map[Type]int{}
	for _, r := range transcripts(t) {
		if r.client || r.kind != "" {
			continue
		}
		p := r.packet(t)
		h, n, err := ParseHeader(p)
		if err != nil {
			t.Errorf("%s:%d: %v", r.file, r.line, err)
			continue
		}
		body, err := ParseBody(p[n:])
		absent := body == nil && strings.Contains(r.file, "raw-unsolicited")
		if err != nil || len(body) != len(p)-n || !absent && msgp.KindOf(body[0]) != msgp.KindMap {
			t.Errorf("%s:%d: body %x: %v", r.file, r.line, body, err)
		}
		if known := typeNames[h.Type] != ""; known && !strings.HasPrefix(r.note, h.Type.String()+" ") {
			t.Errorf("%s:%d: type %v, want %s", r.file, r.line, h.Type, r.note)
		}
		seen[h.Type]++
	}
	for _, typ := range []Type{TypeOK, TypeChunk, TypeEvent, ErrorType(CodeProcLua)} {
		if seen[typ] == 0 {
			t.Errorf("no frame of type %v seen", typ)
		}
	}
}

// rewrite reads a body and writes it again.
func rewrite[M interface{ Append([]byte) []byte }](parse func([]byte) (M, int, error)) func(dst, body []byte) []byte {
	return func(dst, body []byte) []byte {
		m, _, err := parse(body)
		if err != nil {
			return nil
		}
		return m.Append(dst)
	}
}

// bodies rewrite the bodies of requests.
var bodies = map[Type]func(dst, body []byte) []byte{
	TypePing:      func(dst, body []byte) []byte { return append(dst, body...) },
	TypeCall:      rewrite(ParseCall),
	TypeCall16:    rewrite(ParseCall),
	TypeEval:      rewrite(ParseEval),
	TypeID:        rewrite(ParseID),
	TypeWatchOnce: rewrite(ParseWatch),
	TypeAuth:      rewrite(ParseAuth),
	TypeSelect:    rewriteSelect,
	TypeInsert:    rewrite(ParseInsert),
	TypeReplace:   rewrite(ParseInsert),
	TypeUpdate:    rewrite(ParseUpdate),
	TypeUpsert:    rewrite(ParseUpsert),
	TypeDelete:    rewrite(ParseDelete),
	TypeExecute:   rewrite(ParseExecute),
	TypePrepare:   rewrite(ParsePrepare),
	TypeBegin:     rewrite(ParseBegin),
	TypeCommit:    rewrite(ParseCommit),
	TypeRollback:  func(dst, body []byte) []byte { return append(dst, body...) },
}

// rewriteSelect writes the short form where it was read.
func rewriteSelect(dst, body []byte) []byte {
	s, _, err := ParseSelect(body)
	if err == nil && body[0] == 0x83 {
		return AppendSelectAll(dst, s.Space.ID)
	}
	return rewrite(ParseSelect)(dst, body)
}

// permuted tells whether a and b have the same bytes in different orders.
func permuted(a, b []byte) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return bytes.Equal(a, b)
}

// reappend writes the message in a packet again with the writers of this package; nil for what they have none for.
func reappend(tb testing.TB, p []byte) []byte {
	tb.Helper()
	h, n, err := ParseHeader(p)
	if err != nil {
		return nil
	}
	body := p[n:]
	if h.Has(HasSchemaVersion) {
		return reappendReply(tb, h, body)
	}
	if write := bodies[h.Type]; write != nil {
		dst, mark := BeginFrame(nil)
		if dst = write(AppendRequestHeader(dst, h.Type, h.Sync, h.StreamID), body); dst == nil {
			return nil
		}
		return EndFrame(dst, mark)
	}
	m, _, err := ParseEvent(body)
	switch {
	case err != nil:
		return nil
	case h.Type == TypeEvent:
		return AppendEvent(nil, h.Sync, m)
	case h.Type == TypeWatch && !h.Has(HasSync):
		return AppendWatch(nil, string(m.Key))
	case h.Type == TypeUnwatch && !h.Has(HasSync):
		return AppendUnwatch(nil, string(m.Key))
	}
	return nil
}

func reappendReply(tb testing.TB, h Header, body []byte) []byte {
	tb.Helper()
	dst, mark := BeginFrame(nil)
	dst = AppendReplyHeader(dst, h.Type, h.Sync, h.SchemaVersion)
	switch {
	case h.Type == TypeChunk:
		value, _, err := ParseChunk(body)
		if err != nil {
			tb.Fatalf("%x: %v", body, err)
		}
		return AppendChunk(nil, h.Sync, h.SchemaVersion, value)
	case h.Type.IsError():
		m, err := ParseError(h.Type.Code(), body)
		if err != nil {
			tb.Fatalf("%x: %v", body, err)
		}
		return m.AppendReply(nil, h.Sync, h.SchemaVersion)
	case len(body) == 1:
		return AppendOK(nil, h.Sync, h.SchemaVersion)
	case body[1] == byte(KeyData):
		dst = rewrite(ParseDataAll)(dst, body)
	case body[1] == byte(KeyVersion):
		dst = rewrite(ParseID)(dst, body)
	case body[1] == byte(KeyMetadata) || body[1] == byte(KeySQLInfo):
		dst = rewriteSQLResult(tb, dst, body)
	case body[1] == byte(KeyStmtID):
		m, _, err := ParsePrepared(body)
		if err != nil {
			tb.Fatalf("%x: %v", body, err)
		}
		m.Metadata, m.BindMetadata = rewriteColumns(tb, m.Metadata), rewriteColumns(tb, m.BindMetadata)
		dst = m.Append(dst)
	default:
		return nil
	}
	if dst == nil {
		tb.Fatalf("%x is not read", body)
	}
	return EndFrame(dst, mark)
}

func rewriteSQLResult(tb testing.TB, dst, body []byte) []byte {
	tb.Helper()
	m, _, err := ParseSQLResult(body)
	if err != nil {
		tb.Fatalf("%x: %v", body, err)
	}
	m.Metadata = rewriteColumns(tb, m.Metadata)
	if m.Info != nil {
		info, _, err := ParseSQLInfo(m.Info)
		if err != nil {
			tb.Fatalf("%x: %v", m.Info, err)
		}
		m.Info = info.Append(nil)
	}
	return m.Append(dst)
}

// rewriteColumns reads each column and writes it again.
func rewriteColumns(tb testing.TB, metadata []byte) []byte {
	tb.Helper()
	if metadata == nil {
		return nil
	}
	count, _, _ := msgp.ReadArrayHeader(metadata)
	out := msgp.AppendArrayHeader(nil, count)
	for c, err := range Columns(metadata) {
		if err != nil {
			tb.Fatalf("%x: %v", metadata, err)
		}
		out = c.Append(out)
	}
	return out
}

func TestMessagesAppendToTheBytesTheyCameFrom(t *testing.T) {
	count := map[string]int{}
	for _, r := range transcripts(t) {
		netbox := !strings.Contains(r.file, "/raw-")
		modern := strings.Contains(r.file, "tarantool-3.9") || strings.Contains(r.file, "2.6-client-3.9-server")
		if r.kind != "" || r.client && !netbox || !r.client && !modern {
			continue
		}
		p := r.packet(t)
		h, n, _ := ParseHeader(p)
		if h.Has(HasThreadID) || strings.Contains(r.file, "raw-unsolicited") {
			continue // headers that this package does not write
		}
		got := reappend(t, p)
		if got == nil {
			continue
		}
		name := h.Type.String()
		if h.Type.IsError() {
			name = "ERROR"
		}
		count[name]++
		if body := p[n:]; len(body) > 1 && h.Type == TypeOK {
			count[Key(body[1]).String()]++
		}
		old := r.client && (strings.Contains(r.file, "tarantool-2.6") || strings.Contains(r.file, "2.6-client"))
		switch {
		case old && (h.Type == TypeSelect || h.Type == TypeUpdate || h.Type == TypeUpsert):
			if !permuted(got, r.data) { // other orders of keys
				t.Errorf("%s:%d: %s\n got %x\nwant %x", r.file, r.line, r.note, got, r.data)
			}
		case strings.Contains(r.note, "TXN_ISOLATION: 0"): // the default, which is left out
		case !bytes.Equal(got, r.data):
			t.Errorf("%s:%d: %s\n got %x\nwant %x", r.file, r.line, r.note, got, r.data)
		}
	}
	t.Log(count)
	for _, name := range []string{
		"OK", "CHUNK", "ERROR", "CALL", "CALL_16", "EVAL", "PING", "ID", "WATCH", "WATCH_ONCE", "EVENT", "AUTH", "SELECT",
		"INSERT", "REPLACE", "UPDATE", "UPSERT", "DELETE", "EXECUTE", "PREPARE", "BEGIN", "COMMIT", "ROLLBACK",
		"DATA", "METADATA", "SQL_INFO", "STMT_ID", "VERSION",
	} {
		if count[name] < 3 {
			t.Errorf("only %d of %s compared", count[name], name)
		}
	}
}

func TestGreetingsAppendToTheBytesTheyCameFrom(t *testing.T) {
	for _, r := range transcripts(t) {
		if r.kind != "greeting" {
			continue
		}
		g, n, err := ParseGreeting(r.data)
		if strings.Contains(r.file, "console-port") {
			if err == nil || err.Error() != "Unsupported protocol: Lua console" {
				t.Errorf("%s: %v", r.file, err)
			}
			continue
		}
		if err != nil || n != GreetingSize {
			t.Errorf("%s:%d: %d, %v", r.file, r.line, n, err)
			continue
		}
		if got := g.Append(nil); !bytes.Equal(got, r.data) {
			t.Errorf("%s:%d:\n got %q\nwant %q", r.file, r.line, got, r.data)
		}
	}
}

// Frames of a 3.3 server and its client, which are in no transcript: packets of the client, frames of the server.
func TestGoldenFrames(t *testing.T) {
	const header = "83 00 ce 00000000 01 cf 0000000000000002 05 cf 0000000000000056"
	for name, packet := range map[string]string{
		"ID":               "82 01 01 00 49 82 54 0a 55 9a 00 01 02 03 04 05 06 08 09 0b",
		"WATCH":            "81 00 4a 81 57 ac 626f782e73687574646f776e",
		"UNWATCH":          "81 00 4b 81 57 a1 6b",
		"WATCH_ONCE":       "82 01 24 00 4d 81 57 a1 6b",
		"CALL":             "82 01 07 00 0a 83 22 a1 66 21 91 01 60 80",
		"EVAL":             "82 01 08 00 08 83 27 a8 72657475726e2031 21 90 60 80",
		"PING":             "82 01 09 00 40",
		"stream CALL":      "83 01 1f 00 0a 0a 01 83 22 a166 21 90 60 80",
		"CALL of 2.6":      "82 01 07 00 0a 82 22 a1 66 21 91 01",
		"PING ok":          header + "80",
		"ID ok":            header + "83 54 0a 55 9c 000102030405060708090b0c 5b a9 636861702d73686131",
		"EVAL ok":          header + "82 30 dd00000003 01 a161 c0 60 80",
		"CALL ok":          header + "81 30 dd00000003 01 c0 03",
		"CALL_16 ok":       header + "81 30 dd00000003 91 01 91 c0 91 03",
		"CHUNK":            "83 00 ce 00000080 01 cf 0000000000000004 05 cf 0000000000000056 81 30 dd00000001 07",
		"EVENT":            "82 00 4c 01 07 81 57 a16b",
		"EVENT value":      "82 00 4c 01 1b 82 57 a26b6b 58 92 01 02",
		"SELECT page":      header + "83 30 dd00000001 c705 07 21 92 01 a161 60 81 21 90 35 a3 6b5145",
		"AUTH":             "82 01 02 00 07 82 23 a5 616c696365 21 92 a9 636861702d73686131 b4 21b3ff405f32cbe4aafff291396046ea29fa3a4d",
		"schema":           "82 01 03 00 01 83 10 cd0119 12 ceffffffff 20 90",
		"SELECT GE":        "82 01 0a 00 01 86 10 cd0200 11 00 14 05 13 02 12 0a 20 91 01",
		"SELECT all":       "82 01 0b 00 01 86 10 cd0200 11 00 14 02 13 00 12 ceffffffff 20 90",
		"after a position": "82 01 0c 00 01 88 10 cd0200 11 00 14 00 13 00 12 ceffffffff 20 91 01 2e a3 6b5145 1f c3",
		"after a tuple":    "82 01 0d 00 01 87 10 cd0200 11 00 14 00 13 00 12 01 20 91 01 2f 92 01 a161",
		"INSERT":           "82 01 12 00 02 82 10 cd0200 21 92 01 a161",
		"REPLACE":          "82 01 13 00 03 82 10 cd0200 21 92 01 a161",
		"UPDATE":           "82 01 14 00 04 85 10 cd0200 11 00 15 01 20 91 01 21 91 93 a13d 02 a162",
		"UPSERT":           "82 01 15 00 09 84 10 cd0200 15 01 21 92 01 a161 28 91 93 a13d 02 a162",
		"DELETE":           "82 01 16 00 05 83 10 cd0200 11 00 20 91 01",
		"EXECUTE text":     "82 01 18 00 0b 83 40 a8 73656c656374203f 41 91 01 2b 90",
		"EXECUTE id":       "82 01 1a 00 0b 83 43 07 41 91 01 2b 90",
		"PREPARE":          "82 01 19 00 0d 81 40 a8 73656c656374203f",
		"UNPREPARE":        "82 01 1b 00 0d 81 43 07",
		"BEGIN":            "83 01 1c 00 0e 0a 01",
		"BEGIN opts":       "83 01 1d 00 0e 0a 01 82 56 cb4014000000000000 59 01",
		"BEGIN is_sync":    "83 01 1e 00 0e 0a 01 81 61 c3",
		"stream INSERT":    "83 01 20 00 02 0a 01 82 10 cd0200 21 91 02",
		"COMMIT":           "83 01 21 00 0f 0a 01",
		"COMMIT is_sync":   "83 01 22 00 0f 0a 01 81 61 c3",
		"ROLLBACK":         "83 01 23 00 10 0a 01",
		"UPSERT ok":        header + "81 30 dd00000000",
		"EXECUTE dml":      header + "81 42 81 00 00",
		"EXECUTE ids":      header + "81 42 82 00 02 01 92 01 ff",
		"EXECUTE sel":      header + "82 32 91 82 00 a8 434f4c554d4e5f31 01 a7 696e7465676572 30 91 91 01",
		"full metadata": header + "82 32 92 86 00 a161 01 a162 02 a163 03 c2 04 c3 05 c0" +
			"84 00 a161 01 a162 03 c3 05 a178 30 90",
		"PREPARE ok": header + "84 43 ce820e60bb 34 01 33 91 82 00 a13f 01 a3 414e59" +
			"32 91 82 00 a8 434f4c554d4e5f31 01 a7 626f6f6c65616e",
		"error 33": "83 00 ce 00008021 01 cf 0000000000000005 05 cf 0000000000000056" +
			"82 31 bc 50726f63656475726520277827206973206e6f7420646566696e6564 52 81 00 91 87" +
			"00 ab 436c69656e744572726f72 02 01 01 a4 6576616c" +
			"03 bc 50726f63656475726520277827206973206e6f7420646566696e6564 04 00 05 21" +
			"06 82 a4 6e616d65 ac 4e4f5f535543485f50524f43 a4 66756e63 a1 78",
	} {
		t.Run(name, func(t *testing.T) {
			p := unhex(t, packet)
			want, mark := BeginFrame(nil)
			want = EndFrame(append(want, p...), mark)
			if got := reappend(t, p); !bytes.Equal(got, want) {
				t.Errorf("\n got %x\nwant %x", got, want)
			}
		})
	}
}
