package iproto

import (
	"bufio"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// record is one line of a transcript that carries bytes.
type record struct {
	file   string
	line   int
	client bool
	conn   string // number of the connection, when there are several
	kind   string // "greeting", "raw" or "" for a frame
	data   []byte
	note   string // the rendering below the line
}

var recordLine = regexp.MustCompile(`^([CS])(\d*) (?:(greeting|raw) )?([0-9a-f]+)$`)

var recorded []record // read once; tests of this package do not run in parallel

// transcripts gives all records of the recorded conversations, which are not to be written to.
func transcripts(tb testing.TB) []record {
	tb.Helper()
	if recorded != nil {
		return recorded
	}
	var all []record
	err := filepath.WalkDir("testdata/wire", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txt" {
			return err
		}
		all = append(all, readTranscript(tb, path)...)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	if len(all) < 3000 {
		tb.Fatalf("only %d records: transcripts are missing", len(all))
	}
	recorded = all
	return all
}

func readTranscript(tb testing.TB, path string) []record {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var records []record
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		if last := len(records) - 1; strings.HasPrefix(text, "#   ") && last >= 0 && records[last].note == "" {
			records[last].note = text[4:]
			continue
		}
		m := recordLine.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		data, err := hex.DecodeString(m[4])
		if err != nil {
			tb.Fatalf("%s:%d: %v", path, n, err)
		}
		records = append(records, record{file: path, line: n, client: m[1] == "C", conn: m[2], kind: m[3], data: data})
	}
	if err := lines.Err(); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return records
}

// packet strips the length prefix, which has to fit exactly.
func (r *record) packet(tb testing.TB) []byte {
	tb.Helper()
	size, n, err := ParseFrameLength(r.data, 0)
	if err != nil || n == 0 || size != uint64(len(r.data)-n) {
		tb.Fatalf("%s:%d: length %d in %d bytes, %v", r.file, r.line, size, n, err)
	}
	return r.data[n:]
}
