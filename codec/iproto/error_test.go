package iproto

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func stackOf(n int) *Error {
	e := &Error{Code: 101, Message: "the top"}
	for i := range n {
		e.Stack = append(e.Stack, ErrorFrame{Type: "ClientError", Message: fmt.Sprint("frame ", i), Code: Code(101 + i)})
	}
	e.Stack[0].Message = e.Message
	return e
}

func TestErrorsAreFoundByCode(t *testing.T) {
	err := fmt.Errorf("call: %w", stackOf(3))
	for code, want := range map[Code]bool{101: true, 102: true, 103: true, 104: false} {
		if errors.Is(err, code) != want {
			t.Errorf("code %d: not %v", code, want)
		}
	}
	var e *Error
	if !errors.As(err, &e) || e.Error() != "the top (ER_101)" {
		t.Errorf("error %v", e)
	}
	depth := 0
	for cause := error(e); cause != nil; cause = errors.Unwrap(cause) {
		depth++
	}
	if depth != 3 {
		t.Errorf("%d errors in the chain", depth)
	}
	if got := (&Error{Code: CodeProcLua, Message: "boom"}).Error(); got != "boom (ER_PROC_LUA)" {
		t.Errorf("got %q", got)
	}
}

func TestParseErrorTakesWhatIsThere(t *testing.T) {
	const frame = "86 00 a154 02 01 01 a166 03 a16d 04 02 05 21"
	want := ErrorFrame{Type: "T", File: "f", Line: 1, Message: "m", Errno: 2, Code: CodeNoSuchProc}
	tests := []struct {
		name    string
		hex     string
		message string
		stack   []ErrorFrame
	}{
		{"no body", "", "", nil},
		{"empty body", "80", "", nil},
		{"message only", "81 31 a161", "a", nil},
		{"stack only", "81 52 81 00 91" + frame, "m", []ErrorFrame{want}},
		{"stack is preferred", "82 31 a161 52 81 00 91" + frame, "m", []ErrorFrame{want}},
		{"stack first", "82 52 81 00 91" + frame + "31 a161", "m", []ErrorFrame{want}},
		{"a cause", "81 52 81 00 92" + frame + frame, "m", []ErrorFrame{want, want}},
		{"unknown keys", "82 70 01 52 82 07 01 00 91 82 03 a16d 70 c0", "m", []ErrorFrame{{Message: "m"}}},
		{"empty stack", "82 31 a161 52 81 00 90", "a", nil},
		{"stack without its key", "82 31 a161 52 80", "a", nil},
		{"stack is an array", "82 31 a161 52 90", "a", nil},
		{"frames are a map", "82 31 a161 52 81 00 80", "a", nil},
		{"frame is a number", "82 31 a161 52 81 00 91 05", "a", nil},
		{"type of frame is a number", "82 31 a161 52 81 00 91 81 00 05", "a", nil},
		{"line of frame is a string", "82 31 a161 52 81 00 91 81 02 a161", "a", nil},
		{"fields are an array", "82 31 a161 52 81 00 91 81 06 90", "a", nil},
		{"key of frame is a string", "82 31 a161 52 81 00 91 81 a161 90", "a", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := ParseError(33, unhex(t, tt.hex))
			if err != nil {
				t.Fatal(err)
			}
			if e.Code != 33 || e.Message != tt.message || len(e.Stack) != len(tt.stack) ||
				len(tt.stack) > 0 && !reflect.DeepEqual(e.Stack, tt.stack) {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestLongStacksAreCut(t *testing.T) {
	e, err := ParseError(1, stackOf(maxStack+10).Append(nil))
	if err != nil || len(e.Stack) != maxStack || e.Message != "the top" {
		t.Errorf("%d frames, %v", len(e.Stack), err)
	}
}

func TestErrorsWithoutStackAreWrittenWithOne(t *testing.T) {
	e, err := ParseError(7, (&Error{Code: 7, Message: "m"}).Append(nil))
	if err != nil || !reflect.DeepEqual(e.Stack, []ErrorFrame{{Type: "ClientError", Message: "m", Code: 7}}) {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestNewError(t *testing.T) {
	for want, e := range map[string]*Error{
		"82a46e616d65ac4e4f5f535543485f50524f43a466756e63a178": NewError(CodeNoSuchProc, "m", "func", "x"),
		"81a46e616d65a854494d454f5554":                         NewError(CodeTimeout, "m"),
		"":                                                     NewError(4242, "m"),
		"81a16ba176":                                           NewError(4242, "m", "k", "v"),
	} {
		if want = strings.Replace(want, "a854494d454f5554", "a754494d454f5554", 1); hex.EncodeToString(e.Stack[0].Fields) != want {
			t.Errorf("%v: got %x, want %s", e, e.Stack[0].Fields, want)
		}
	}
}

func TestResultOfParseErrorIsItsOwn(t *testing.T) {
	b := NewError(CodeNoSuchProc, "message", "func", "x").Append(nil)
	e, _ := ParseError(33, b)
	want := e.Append(nil)
	for i := range b {
		b[i] = 0xff
	}
	if got := e.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("%x became %x", want, got)
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		TypeCall16.String():             "CALL_16",
		Type(999).String():              "TYPE(999)",
		ErrorType(33).String():          "ERROR(33)",
		KeyFunctionName.String():        "FUNCTION_NAME",
		Key(0x0c).String():              "KEY(0xc)",
		Key(1000).String():              "KEY(0x3e8)",
		CodeNoSuchProc.String():         "ER_NO_SUCH_PROC",
		Code(4242).String():             "ER_4242",
		FeatureWatchers.String():        "watchers",
		Feature(40).String():            "feature 40",
		Features(0b1001).String():       "streams, watchers",
		NewVersionID(2, 10, 5).String(): "2.10.5",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := ErrorType(4242).Code(); got != 4242 {
		t.Errorf("code %d", got)
	}
	if TypeChunk.IsError() || TypeChunk.Code() != 0 || !ErrorType(0).IsError() {
		t.Error("CHUNK is no error, code 0 is one")
	}
	if got := NewFeatures(0, 1).Missing(NewFeatures(1, 3)); got != NewFeatures(3) {
		t.Errorf("missing %v", got)
	}
}

// The names of codes in the transcripts are Tarantool's.
func TestCodesAreNamedAsInTheTranscripts(t *testing.T) {
	for _, r := range transcripts(t) {
		var code Code
		var name string
		if n, _ := fmt.Sscanf(r.note, "ERROR(%d %s", &code, &name); n != 2 || !strings.HasPrefix(name, "ER_") {
			continue
		}
		if name = name[:strings.IndexByte(name, ')')]; code.String() != name {
			t.Errorf("%s:%d: code %d is %v, want %s", r.file, r.line, code, code, name)
		}
	}
}

func FuzzParseError(f *testing.F) {
	for i, r := range transcripts(f) {
		if strings.HasPrefix(r.note, "ERROR(") && i%5 == 0 {
			p := r.packet(f)
			_, n, _ := ParseHeader(p)
			f.Add(p[n:])
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseError(33, b)
		if err != nil {
			if e != nil || ReplyTo(err) == nil {
				t.Fatalf("%v with %v", e, err)
			}
			return
		}
		again, err := ParseError(33, e.Append(nil))
		if err != nil || again.Message != e.Message || len(e.Stack) > 0 && !reflect.DeepEqual(again, e) {
			t.Fatalf("%+v became %+v, %v", e, again, err)
		}
	})
}
