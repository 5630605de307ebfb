package ext

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

var frameLine = regexp.MustCompile(`(?m)^[CS]\d* ([0-9a-f]+)$`)

// extensions calls found with every extension in the recorded conversations.
func extensions(t *testing.T, found func(file string, b []byte)) {
	t.Helper()
	err := filepath.WalkDir("../iproto/testdata/wire", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txt" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range frameLine.FindAllSubmatch(text, -1) {
			frame, _ := hex.DecodeString(string(m[1]))
			_, n, lengthErr := iproto.ParseFrameLength(frame, 0)
			if lengthErr != nil {
				continue
			}
			for b := frame[n:]; len(b) > 0; {
				n, err := msgp.Skip(b)
				if err != nil {
					break
				}
				eachExt(b[:n], func(b []byte) { found(filepath.Base(path), b) })
				b = b[n:]
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eachExt walks one value.
func eachExt(b []byte, found func([]byte)) int {
	values, n := 0, 0
	switch msgp.KindOf(b[0]) {
	case msgp.KindExt:
		n, _ = msgp.Skip(b)
		found(b[:n:n])
		return n
	case msgp.KindArray:
		values, n, _ = msgp.ReadArrayHeader(b)
	case msgp.KindMap:
		values, n, _ = msgp.ReadMapHeader(b)
		values *= 2
	default:
		n, _ = msgp.Skip(b)
		return n
	}
	for range values {
		n += eachExt(b[n:], found)
	}
	return n
}

// What Tarantool wrote is read, and written the same.
func TestExtensionsOfTheTranscripts(t *testing.T) {
	count := map[int8]int{}
	extensions(t, func(file string, b []byte) {
		typ, _, _, _ := msgp.ReadExtHeader(b)
		if typ < TypeDecimal || typ > TypeArrow || file == "types-errors.txt" && typ != TypeError {
			return
		}
		v, _, err := msgp.Value(b)
		if _, raw := v.(msgp.Ext); raw || err != nil {
			t.Errorf("%s: %x is read as %v, %v", file, b, v, err)
			return
		}
		var again []byte
		if typ == TypeDatetime {
			d, _, _ := ReadDatetime(b)
			again, err = AppendDatetime(nil, d)
		} else {
			again, err = msgp.AppendValue(nil, v)
		}
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: %x became %x, %v", file, b, again, err)
		}
		count[typ]++
	})
	t.Log(count)
	for _, typ := range []int8{TypeDecimal, TypeUUID, TypeError, TypeDatetime, TypeInterval, TypeTuple, TypeArrow} {
		if count[typ] == 0 {
			t.Errorf("no %s seen", typeNames[typ])
		}
	}
}
