package iproto

import (
	"reflect"
	"testing"
)

// TestParsingAgainLeavesNothing parses into what another packet has filled.
func TestParsingAgainLeavesNothing(t *testing.T) {
	full := Header{Type: TypeEval, Fields: HasType | HasSync | HasStreamID | HasSchemaVersion, Sync: 1, SchemaVersion: 2, StreamID: 3, ThreadID: 4}
	for _, p := range [][]byte{AppendPing(nil, 7, 0)[5:], AppendOK(nil, 8, 9)[5:], {0x80}, {0xc1}, nil} {
		want, n, err := ParseHeader(p)
		h := full
		if m, err2 := h.Parse(p); h != want || m != n || !reflect.DeepEqual(err, err2) {
			t.Errorf("% x: got %+v, %d, %v, want %+v, %d, %v", p, h, m, err2, want, n, err)
		}
	}
	body := Call{Name: []byte("f"), Args: []byte{0x91, 1}}.Append(nil)
	for _, p := range [][]byte{body, {0x81, byte(KeyFunctionName), 0xa1, 'g'}, {0x80}, {0xc1}, nil} {
		want, n, err := ParseCall(p)
		c := Call{Name: []byte("old"), Args: []byte{0x90}, Formats: []byte{0x80}}
		if m, err2 := c.Parse(p); !reflect.DeepEqual(c, want) || m != n || !reflect.DeepEqual(err, err2) {
			t.Errorf("% x: got %+v, %d, %v, want %+v, %d, %v", p, c, m, err2, want, n, err)
		}
	}
}
