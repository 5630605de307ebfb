package reactor_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/reactor"
)

var (
	_ reactor.Framer = (*codec.Line)(nil)
	_ reactor.Framer = (*codec.Delimiter)(nil)
	_ reactor.Framer = (*codec.LengthPrefixed)(nil)
)

// lineHandler has its input cut into lines.
type lineHandler struct {
	handler
	framer reactor.Framer
	line   func(c *reactor.Conn, line []byte)
}

func (h *lineHandler) OnData(c *reactor.Conn, p []byte) int { return h.frames(c, p, false) }

func (h *lineHandler) OnEOF(c *reactor.Conn, rest []byte) {
	h.frames(c, rest, true)
	_ = c.Close()
}

func (h *lineHandler) frames(c *reactor.Conn, p []byte, atEOF bool) int {
	return c.Frames(h.framer, p, atEOF, func(line []byte) { h.line(c, line) })
}

func newLines(t testing.TB, o codec.LineOptions, f func(c *reactor.Conn, line []byte)) *lineHandler {
	t.Helper()
	l, err := codec.NewLine(o)
	if err != nil {
		t.Fatal(err)
	}
	return &lineHandler{framer: l, line: f}
}

func TestFramesComeWhole(t *testing.T) {
	const text = "one\n\ntwo two\r\nlast"
	for size := 1; size <= len(text); size++ {
		var lines []string
		ended := make(chan error, 1)
		h := newLines(t, codec.LineOptions{}, func(_ *reactor.Conn, line []byte) { lines = append(lines, string(line)) })
		h.close = func(_ *reactor.Conn, err error) { ended <- err }
		_, client := serveOne(t, "tcp", func() reactor.Handler { return h })
		for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
			_, _ = io.WriteString(client, rest[:min(size, len(rest))])
		}
		_ = client.(*net.TCPConn).CloseWrite()
		if err := <-ended; err != nil || !slices.Equal(lines, []string{"one", "", "two two", "last"}) {
			t.Errorf("pieces of %d: got %q, %v", size, lines, err)
		}
	}
}

func TestFramesWaitForResume(t *testing.T) {
	lines := make(chan string, 10)
	h := newLines(t, codec.LineOptions{}, func(c *reactor.Conn, line []byte) {
		c.PauseRead() // after each
		lines <- string(line)
	})
	conn, client := serveOne(t, "tcp", func() reactor.Handler { return h })
	_, _ = io.WriteString(client, "1\n2\n3\n")
	for i := range 3 {
		if got := <-lines; got != fmt.Sprint(i+1) {
			t.Errorf("line %d is %q", i+1, got)
		}
		<-onLoop(conn, func() {
			if len(lines) > 0 {
				t.Error("a frame comes in a pause")
			}
			conn.ResumeRead()
		})
	}
}

func TestFramesStopAtClose(t *testing.T) {
	ended := make(chan error, 1)
	h := newLines(t, codec.LineOptions{}, func(c *reactor.Conn, line []byte) {
		_, _ = c.Write(line)
		_ = c.Close()
	})
	h.close = func(_ *reactor.Conn, err error) { ended <- err }
	_, client := serveOne(t, "tcp", func() reactor.Handler { return h })
	_, _ = io.WriteString(client, "1\n2\n3\n")
	if got, err := io.ReadAll(client); string(got) != "1" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("OnClose got %v", err)
	}
}

func TestBadFramesCloseWithTheirReason(t *testing.T) {
	ended := make(chan error, 1)
	h := newLines(t, codec.LineOptions{Limit: 10}, func(c *reactor.Conn, line []byte) { _, _ = c.Write(line) })
	h.close = func(_ *reactor.Conn, err error) { ended <- err }
	_, client := serveOne(t, "tcp", func() reactor.Handler { return h })
	_, _ = io.WriteString(client, "good\n"+strings.Repeat("x", 100))
	if got, err := io.ReadAll(client); string(got) != "good" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	var bad *codec.FrameError
	if err := <-ended; !errors.As(err, &bad) || !errors.Is(err, codec.ErrTooLong) {
		t.Errorf("OnClose got %v", err)
	}
}
