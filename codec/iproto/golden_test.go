package iproto

import (
	"bytes"
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

// reappend writes the message in a packet again with the writers of this package; nil for what they have none for.
func reappend(tb testing.TB, p []byte) []byte {
	tb.Helper()
	h, n, err := ParseHeader(p)
	if err != nil {
		return nil
	}
	body := p[n:]
	dst, mark := BeginFrame(nil)
	if h.Has(HasSchemaVersion) {
		dst = AppendReplyHeader(dst, h.Type, h.Sync, h.SchemaVersion)
	} else {
		dst = AppendRequestHeader(dst, h.Type, h.Sync, h.StreamID)
	}
	switch {
	case h.Type == TypePing:
	case h.Type == TypeCall || h.Type == TypeCall16:
		m, _, err := ParseCall(body)
		if err != nil {
			return nil
		}
		dst = m.Append(dst)
	case h.Type == TypeEval:
		m, _, err := ParseEval(body)
		if err != nil {
			return nil
		}
		dst = m.Append(dst)
	case h.Type == TypeID:
		m, _, err := ParseID(body)
		if err != nil {
			return nil
		}
		dst = m.Append(dst)
	case h.Type == TypeChunk:
		value, _, err := ParseChunk(body)
		if err != nil {
			tb.Fatalf("%x: %v", p, err)
		}
		return AppendChunk(nil, h.Sync, h.SchemaVersion, value)
	case h.Type == TypeOK && bytes.Equal(body, []byte{0x80}):
		return AppendOK(nil, h.Sync, h.SchemaVersion)
	case h.Type == TypeOK && body[1] == byte(KeyData):
		m, _, err := ParseDataAll(body)
		if err != nil {
			tb.Fatalf("%x: %v", p, err)
		}
		dst = m.Append(dst)
	case h.Type == TypeOK && body[1] == byte(KeyVersion):
		m, _, err := ParseID(body)
		if err != nil {
			tb.Fatalf("%x: %v", p, err)
		}
		dst = m.Append(dst)
	case h.Type.IsError():
		m, err := ParseError(h.Type.Code(), body)
		if err != nil {
			tb.Fatalf("%x: %v", p, err)
		}
		return m.AppendReply(nil, h.Sync, h.SchemaVersion)
	default:
		return nil
	}
	return EndFrame(dst, mark)
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
		h, _, _ := ParseHeader(p)
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
		if !bytes.Equal(got, r.data) {
			t.Errorf("%s:%d: %s\n got %x\nwant %x", r.file, r.line, r.note, got, r.data)
		}
	}
	t.Log(count)
	for _, name := range []string{"OK", "CHUNK", "ERROR", "CALL", "EVAL", "PING", "ID"} {
		if count[name] < 10 {
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
