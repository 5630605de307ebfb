//go:build unix

package reactortest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// lines is a handler that answers each line with its length, ends at "quit", and at a line that is too long.
type lines struct {
	fault string // what is wrong with it
	count int
}

const maxLine = 1000

func (h *lines) OnData(c *reactor.Conn, p []byte) (n int) {
	if h.fault == "answers each call" {
		_, _ = c.Write([]byte("."))
	}
	for {
		i := bytes.IndexByte(p[n:], '\n')
		switch {
		case i < 0 && len(p)-n > maxLine && h.fault != "keeps everything":
			_ = c.Close()
			return len(p)
		case i < 0 && h.fault == "loses what is incomplete":
			return len(p)
		case i < 0:
			return n
		case string(p[n:n+i]) == "quit":
			_ = c.Close()
			return len(p)
		case h.fault == "panics at a byte" && i > 0 && p[n] == 'x':
			panic("boom")
		}
		h.count++
		_, _ = fmt.Fprintf(c, "%d: %d\n", h.count, i)
		n += i + 1
	}
}

func (h *lines) OnClose(*reactor.Conn, error) {}

// staying is a handler that does not close when the peer has finished.
type staying struct{ lines }

func (*staying) OnEOF(*reactor.Conn, []byte) {}

func newLines(fault string) func(*reactor.Conn) reactor.Handler {
	return func(*reactor.Conn) reactor.Handler {
		if fault == "stays" {
			return &staying{}
		}
		return &lines{fault: fault}
	}
}

var lineCases = []reactortest.Case{
	{Name: "nothing", Input: []byte{}},
	{Name: "one", Input: []byte("hello\n"), Output: []byte("1: 5\n")},
	{Name: "several", Input: []byte("a\nbb\n\nxcc\n"), Output: []byte("1: 1\n2: 2\n3: 0\n4: 3\n")},
	{Name: "incomplete", Input: []byte("a\nbb"), Output: []byte("1: 1\n")},
	{Name: "quit", Input: []byte("a\nquit\nb\n"), Output: []byte("1: 1\n"), Ends: true},
	{Name: "many", Input: bytes.Repeat([]byte("a line among many\n"), 400)},
}

func TestHandlerTakesAGoodOne(t *testing.T) {
	reactortest.TestHandler(t, newLines(""), lineCases...)
}

// faultEnv tells a child process, which is this test binary, which fault TestFaultOnRequest shall test.
const faultEnv = "REACTORTEST_FAULT"

func TestFaultOnRequest(t *testing.T) {
	if fault, ok := os.LookupEnv(faultEnv); ok {
		reactortest.TestHandler(t, newLines(fault), lineCases[2:4]...)
	}
}

func TestHandlerFindsFaults(t *testing.T) {
	for fault, where := range map[string]string{
		"answers each call":        "byte_by_byte",
		"loses what is incomplete": "two_pieces",
		"panics at a byte":         "the handler has panicked",
		"stays":                    "does not end after the peer has finished",
		"":                         "PASS",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFaultOnRequest$")
			cmd.Env = append(os.Environ(), faultEnv+"="+fault)
			out, err := cmd.CombinedOutput()
			if (err == nil) != (fault == "") || !strings.Contains(string(out), where) {
				t.Errorf("%v, want %q in the output:\n%s", err, where, out)
			}
		})
	}
}
