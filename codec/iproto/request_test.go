package iproto

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// requestParsers read the bodies of requests, by type.
var requestParsers = map[Type]func([]byte) error{
	TypePing: ParsePing, TypeCall: parsers["call"], TypeCall16: parsers["call"], TypeEval: parsers["eval"],
	TypeID: parsers["id"], TypeAuth: parsers["auth"], TypeSelect: parsers["select"], TypeInsert: parsers["insert"],
	TypeReplace: parsers["insert"], TypeUpdate: parsers["update"], TypeUpsert: parsers["upsert"],
	TypeDelete: parsers["delete"], TypeInsertArrow: parsers["insert arrow"], TypeExecute: parsers["execute"],
	TypePrepare: parsers["prepare"], TypeBegin: parsers["begin"], TypeCommit: parsers["commit"],
	TypeRollback: ParseRollback, TypeWatchOnce: parsers["watch"],
}

// What Tarantool says of a request whose bodies it took apart well: the header was refused, or what is inside.
var refusedLater = []string{
	"packet header", "SQL bind parameter", "invalid scramble size",
}

// Tarantool and this package refuse the same recorded requests, with the same codes and texts.
func TestRequestsAreRefusedAsByTarantool(t *testing.T) {
	all := transcripts(t)
	refused, taken := 0, 0
	for i, r := range all {
		if !r.client || r.kind != "" || !strings.Contains(r.file, "tarantool-3.9/") {
			continue
		}
		h, n, err := ParseHeader(r.packet(t))
		parse := requestParsers[h.Type]
		answer, said := answerTo(t, all[i+1:], r.file, h.Sync)
		if err != nil || parse == nil || answer == nil {
			continue
		}
		err = parse(r.packet(t)[n:])
		mine := ReplyTo(err)
		switch {
		case said == nil || !isRefusal(said, h.Type):
			taken++
			if err != nil {
				t.Errorf("%s:%d: %s: %v, but was answered %s", r.file, r.line, r.note, err, answer.note)
			}
		case mine == nil || mine.Code != said.Code || mine.Message != said.Message || mine.Stack[0].Type != said.Stack[0].Type:
			t.Errorf("%s:%d: %s: %v, want %s", r.file, r.line, r.note, err, said.Message)
		default:
			refused++
		}
	}
	if refused < 70 || taken < 1000 {
		t.Errorf("only %d refused, %d taken", refused, taken)
	}
}

// answerTo finds the answer to the request with that sync, and its error.
func answerTo(t *testing.T, rest []record, file string, sync uint64) (*record, *Error) {
	t.Helper()
	for i, r := range rest {
		if r.file != file {
			break
		}
		if r.client || r.kind != "" {
			continue
		}
		p := r.packet(t)
		h, n, err := ParseHeader(p)
		if err != nil || h.Sync != sync || h.Type == TypeChunk || h.Type == TypeEvent {
			continue
		}
		if !h.Type.IsError() {
			return &rest[i], nil
		}
		said, err := ParseError(h.Type.Code(), p[n:])
		if err != nil {
			t.Fatal(err)
		}
		return &rest[i], said
	}
	return nil, nil
}

// isRefusal tells whether an error is about the body of a request.
func isRefusal(e *Error, typ Type) bool {
	switch {
	case e.Code == CodeInvalidMsgPack || e.Code == CodeMissingRequestField:
	case e.Code == CodeIllegalParams && (typ == TypeBegin || typ == TypeCommit):
	default:
		return false
	}
	for _, text := range refusedLater {
		if strings.Contains(e.Message, text) {
			return false
		}
	}
	return true
}

func TestParseSelect(t *testing.T) {
	key := []byte{0x90}
	for hex, want := range map[string]Select{
		"83 10 cd0119 12 ceffffffff 20 90":                   {Space: Ref{ID: 281}, Limit: NoLimit, Key: key},
		"83 20 90 12 01 5e a26b76":                           {Space: Ref{Name: []byte("kv")}, Limit: 1, Key: key},
		"84 10 05 5e a0 12 01 20 90":                         {Space: Ref{Name: []byte{}}, Limit: 1, Key: key},
		"85 10 05 11 02 5f a2706b 12 01 20 90":               {Space: Ref{ID: 5}, Index: Ref{Name: []byte("pk")}, Limit: 1, Key: key},
		"84 10 05 14 0d 12 01 20 90":                         {Space: Ref{ID: 5}, Iterator: IteratorPP, Limit: 1, Key: key},
		"84 10 cf0000000100000007 12 01 20 90 13 cd0100":     {Space: Ref{ID: 7}, Offset: 256, Limit: 1, Key: key},
		"86 10 05 12 01 20 90 2e a0 2f 91 01 1f c2":          {Space: Ref{ID: 5}, Limit: 1, Key: key, AfterPosition: []byte{}, AfterTuple: []byte{0x91, 1}},
		"86 10 05 12 01 20 90 1f c3 70 c0 cd 2710 a3 616263": {Space: Ref{ID: 5}, Limit: 1, Key: key, FetchPosition: true},
	} {
		b := unhex(t, hex)
		got, n, err := ParseSelect(b)
		if err != nil || n != len(b) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %d, %v", hex, got, n, err)
		}
	}
}

func TestRequestsWithoutArraysAreWrittenWithEmptyOnes(t *testing.T) {
	for want, got := range map[string][]byte{
		"86 10 00 11 00 14 00 13 00 12 00 20 90": Select{}.Append(nil),
		"82 10 00 21 90":                         Insert{}.Append(nil),
		"85 10 00 11 00 15 00 20 90 21 90":       Update{}.Append(nil),
		"84 10 00 15 00 21 90 28 90":             Upsert{}.Append(nil),
		"83 10 00 11 00 20 90":                   Delete{}.Append(nil),
		"83 43 00 41 90 2b 90":                   Execute{}.Append(nil),
		"":                                       Begin{}.Append(nil),
	} {
		if !reflect.DeepEqual(append([]byte{}, got...), unhex(t, want)) {
			t.Errorf("got %x, want %s", got, want)
		}
	}
}

func TestParseBegin(t *testing.T) {
	for hex, want := range map[string]Begin{
		"":                          {},
		"80":                        {},
		"81 56 cb 3fe0000000000000": {Timeout: 500 * time.Millisecond},
		"81 56 cb 7ff0000000000000": {Timeout: maxTimeout},
		"81 56 cb 0000000000000000": {},
		"82 59 04 61 c3":            {Isolation: IsolationLinearizable, IsSync: true},
		"81 71 01":                  {},
		"82 59 04 59 00":            {},
		"81 56 cb 3fb999999999999a": {Timeout: 100 * time.Millisecond},
	} {
		b := unhex(t, hex)
		got, n, err := ParseBegin(b)
		if err != nil || n != len(b) || got != want {
			t.Errorf("%q: %+v, %d, %v", hex, got, n, err)
		}
	}
	for hex, code := range map[string]Code{
		"81 56 05": CodeInvalidMsgPack, "81 56 ca 40a00000": CodeInvalidMsgPack, "81 56 cb 7ff8000000000001": CodeIllegalParams,
		"81 56 cb bff0000000000000": CodeIllegalParams, "81 59 05": CodeIllegalParams, "81 59 ff": CodeInvalidMsgPack,
		"81 61 c2": CodeIllegalParams, "81 61 01": CodeInvalidMsgPack, "90": CodeInvalidMsgPack, "80 80": CodeInvalidMsgPack,
	} {
		if m, n, err := ParseBegin(unhex(t, hex)); !errors.Is(err, code) || n != 0 || m != (Begin{}) {
			t.Errorf("%s: %+v, %d, %v", hex, m, n, err)
		}
	}
}

func TestIteratorsAndLevelsAreNamed(t *testing.T) {
	for got, want := range map[string]string{
		IteratorEQ.String(): "EQ", IteratorPP.String(): "PP", Iterator(14).String(): "ITERATOR(14)",
		IsolationDefault.String(): "default", IsolationLinearizable.String(): "linearizable", Isolation(9).String(): "unknown",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func BenchmarkParseSelect(b *testing.B) {
	body := Select{Space: Ref{ID: 512}, Limit: NoLimit, Key: []byte{0x91, 1}}.Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, n, _ := ParseSelect(body); n == 0 {
			b.Fatal("no select")
		}
	}
}

func BenchmarkAppendSelect(b *testing.B) {
	s := Select{Space: Ref{ID: 512}, Limit: NoLimit, Key: []byte{0x91, 1}}
	buf := make([]byte, 0, 100)
	b.ReportAllocs()
	for b.Loop() {
		buf = s.Append(buf[:0])
	}
}
