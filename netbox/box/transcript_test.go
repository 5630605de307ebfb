package box

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
)

// recorded is the folder of what a scripted client and a Tarantool 3.9 said to each other.
const recorded = "../../codec/iproto/testdata/wire/tarantool-3.9"

// A line is one line of a transcript: somebody sends bytes, or closes.
type line struct {
	step   string // what the client was about to do
	conn   string // "", "2", "3"
	client bool
	end    bool // eof or reset
	data   []byte
}

var lineForm = regexp.MustCompile(`^([CS])(\d*) (?:(greeting|raw) )?([0-9a-f]+|eof|reset)$`)

func readTranscript(t *testing.T, name string) []line {
	t.Helper()
	f, err := os.Open(filepath.Join(recorded, name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []line
	step := ""
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		if s, ok := strings.CutPrefix(in.Text(), "# > "); ok {
			step = s
		}
		m := lineForm.FindStringSubmatch(in.Text())
		if m == nil || m[3] == "greeting" {
			continue
		}
		l := line{step: step, conn: m[2], client: m[1] == "C", end: m[4] == "eof" || m[4] == "reset"}
		l.data, _ = hex.DecodeString(m[4])
		lines = append(lines, l)
	}
	if err := in.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("%s: %d lines, %v", name, len(lines), err)
	}
	return lines
}

// summary is what is compared of an answer: its kind, sync, code and message.
func summary(t *testing.T, p reply) string {
	if e := p.err(t); e != nil {
		return fmt.Sprintf("sync %d: %d %s", p.Sync, e.Code, e.Message)
	}
	return fmt.Sprintf("sync %d: %v", p.Sync, p.Type)
}

func summaryOf(t *testing.T, data []byte) string {
	t.Helper()
	_, n, err := iproto.ParseFrameLength(data, 0)
	if err != nil {
		t.Fatal(err)
	}
	h, m, err := iproto.ParseHeader(data[n:])
	if err != nil {
		t.Fatal(err)
	}
	return summary(t, reply{Header: h, body: data[n+m:]})
}

// A difference is an answer that is not Tarantool's, on purpose.
type difference struct {
	got, want *regexp.Regexp // of summaries
	why       string
}

var differences = []difference{
	{regexp.MustCompile(`: 36 Space '\d+' does not exist$`), regexp.MustCompile(`: OK$|: (1|18|35) `),
		"there are no spaces here"},
	{regexp.MustCompile(`: 5 Kharon does not support SQL$`), regexp.MustCompile(`.`),
		"there is no SQL here, whatever the request looks like"},
	{regexp.MustCompile(`: 5 Kharon does not support EVAL$`), regexp.MustCompile(`: OK$|: 32 `),
		"there is no Lua here, unless Eval sets a handler"},
	{regexp.MustCompile(`: 48 Unknown request type 17$`), regexp.MustCompile(`: 69 `),
		"INSERT_ARROW is not served"},
	{regexp.MustCompile(`: 109 Wrong schema version, current: 1, in request: 120$`), regexp.MustCompile(`: OK$`),
		"the schema version is another one"},
	{regexp.MustCompile(`: 109 Wrong schema version, current: 1, in request: \d+$`),
		regexp.MustCompile(`: 109 Wrong schema version, current: \d+, in request: 120$`),
		"Tarantool swaps the two versions in its message"},
}

// skipped are steps that are not replayed.
var skipped = map[string]string{
	"a good PING, then a bad length in the same write": "Tarantool loses the answer to the PING; " +
		"TestGoodRequestsBeforeABadLengthAreAnswered shows that it is not lost here",
}

func deliberate(got, want string) bool {
	for _, d := range differences {
		if d.got.MatchString(got) && d.want.MatchString(want) {
			return true
		}
	}
	return false
}

func TestAnswersAreThoseOfTarantool(t *testing.T) {
	for _, name := range []string{
		"raw-ping-forms", "raw-malformed-body", "raw-malformed-length", "raw-length-too-big", "raw-length-zero",
		"raw-unknown-types", "raw-id", "raw-missing-keys", "raw-partial-writes", "raw-pipeline-100",
		"raw-schema-version", "raw-wrong-types",
	} {
		t.Run(name, func(t *testing.T) { replay(t, name) })
	}
}

// replay plays the client's side of a transcript against our server.
func replay(t *testing.T, name string) {
	_, addr := start(t, Config{})
	conns := map[string]*raw{}
	for _, l := range readTranscript(t, name) {
		if skipped[l.step] != "" {
			continue
		}
		c := conns[l.conn]
		if c == nil {
			c = dialRaw(t, addr)
			conns[l.conn] = c
		}
		switch {
		case l.client && l.end:
			c.Close()
		case l.client:
			c.write(l.data)
		case l.end:
			if p, err := c.next(); !errors.Is(err, io.EOF) {
				t.Errorf("%s: got %v, %v, want EOF", l.step, p, err)
			}
		default:
			want := summaryOf(t, l.data)
			got := summary(t, c.take())
			if got != want && !deliberate(got, want) {
				t.Errorf("%s:\n got  %s\n want %s", l.step, got, want)
			}
		}
	}
}
