package msgp

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

func TestAppendTakesTheShortestForm(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name string
		got  []byte
		want string // hex of the first bytes
		size int
	}{
		{"nil", AppendNil(nil), "c0", 1},
		{"true", AppendBool(nil, true), "c3", 1},
		{"false", AppendBool(nil, false), "c2", 1},
		{"uint 0", AppendUint(nil, 0), "00", 1},
		{"uint 127", AppendUint(nil, 127), "7f", 1},
		{"uint 128", AppendUint(nil, 128), "cc80", 2},
		{"uint 255", AppendUint(nil, 255), "ccff", 2},
		{"uint 256", AppendUint(nil, 256), "cd0100", 3},
		{"uint 65536", AppendUint(nil, 65536), "ce00010000", 5},
		{"uint 2^32", AppendUint(nil, 1<<32), "cf0000000100000000", 9},
		{"int 5", AppendInt(nil, 5), "05", 1},
		{"int 200", AppendInt(nil, 200), "ccc8", 2},
		{"int -1", AppendInt(nil, -1), "ff", 1},
		{"int -32", AppendInt(nil, -32), "e0", 1},
		{"int -33", AppendInt(nil, -33), "d0df", 2},
		{"int -129", AppendInt(nil, -129), "d1ff7f", 3},
		{"int -32769", AppendInt(nil, -32769), "d2ffff7fff", 5},
		{"int min", AppendInt(nil, math.MinInt64), "d38000000000000000", 9},
		{"float64", AppendFloat64(nil, 1.5), "cb3ff8000000000000", 9},
		{"float32", AppendFloat32(nil, 1.5), "ca3fc00000", 5},
		{"string 0", AppendString(nil, ""), "a0", 1},
		{"string 31", AppendString(nil, long(31)), "bf78", 32},
		{"string 32", AppendString(nil, long(32)), "d92078", 34},
		{"string 256", AppendString(nil, long(256)), "da010078", 259},
		{"string 65536", AppendString(nil, long(65536)), "db0001000078", 65541},
		{"bytes as string", AppendStringBytes(nil, []byte("ab")), "a26162", 3},
		{"bin 0", AppendBin(nil, nil), "c400", 2},
		{"bin 256", AppendBin(nil, make([]byte, 256)), "c5010000", 259},
		{"bin 65536", AppendBin(nil, make([]byte, 65536)), "c60001000000", 65541},
		{"array 15", AppendArrayHeader(nil, 15), "9f", 1},
		{"array 16", AppendArrayHeader(nil, 16), "dc0010", 3},
		{"array 65536", AppendArrayHeader(nil, 65536), "dd00010000", 5},
		{"map 15", AppendMapHeader(nil, 15), "8f", 1},
		{"map 16", AppendMapHeader(nil, 16), "de0010", 3},
		{"map 65536", AppendMapHeader(nil, 65536), "df00010000", 5},
		{"ext 1", AppendExtHeader(nil, 4, 1), "d404", 2},
		{"ext 16", AppendExtHeader(nil, -1, 16), "d8ff", 2},
		{"ext 0", AppendExtHeader(nil, 4, 0), "c70004", 3},
		{"ext 256", AppendExtHeader(nil, 4, 256), "c8010004", 4},
		{"ext 65536", AppendExtHeader(nil, 4, 65536), "c90001000004", 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, _ := hex.DecodeString(tt.want)
			if !bytes.HasPrefix(tt.got, want) || len(tt.got) != tt.size {
				t.Errorf("got %d bytes %.20x, want %d bytes %s", len(tt.got), tt.got, tt.size, tt.want)
			}
		})
	}
}
