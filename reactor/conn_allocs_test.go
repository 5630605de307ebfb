//go:build linux && !race && !kharon_debug

package reactor_test

import (
	"io"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/reactor"
)

// TestEchoAllocatesNothing counts what the whole process allocates, the
// standard library's client among it. The race detector makes pools forget, and
// the checks of who owns what allocate.
func TestEchoAllocatesNothing(t *testing.T) {
	frames := newLines(t, codec.LineOptions{End: codec.KeepEnd}, func(c *reactor.Conn, line []byte) { _, _ = c.Write(line) })
	for name, h := range map[string]reactor.Handler{
		"Write": &handler{data: func(c *reactor.Conn, p []byte) int {
			_, _ = c.Write(p)
			return len(p)
		}},
		"WriteNow": &handler{data: func(c *reactor.Conn, p []byte) int {
			_ = c.WriteNow(p)
			return len(p)
		}},
		"Writev": &handler{data: func(c *reactor.Conn, p []byte) int {
			_, _ = c.Writev(p[:5], p[5:])
			return len(p)
		}},
		"an incomplete rest": &handler{data: func(c *reactor.Conn, p []byte) int {
			if len(p) < 64 {
				return 0
			}
			_, _ = c.Write(p)
			return len(p)
		}},
		"an idle timeout and deadlines": &handler{
			open: func(c *reactor.Conn) { c.SetIdleTimeout(time.Minute) },
			data: func(c *reactor.Conn, p []byte) int {
				c.SetDeadline(time.Now().Add(time.Minute))
				_ = c.WriteNow(p)
				return len(p)
			}},
		"watermarks": &handler{
			open: func(c *reactor.Conn) { c.SetWatermarks(10, 20); c.SetReadWatermarks(10, 20) },
			data: func(c *reactor.Conn, p []byte) int {
				_, _ = c.Write(p)
				return len(p)
			}},
		"frames": frames,
	} {
		t.Run(name, func(t *testing.T) {
			_, client := serveOne(t, "tcp", func() reactor.Handler { return h })
			p := make([]byte, 64)
			p[63] = '\n'
			allocs := testing.AllocsPerRun(2000, func() {
				_, _ = client.Write(p[:10])
				_, _ = client.Write(p[10:])
				if _, err := io.ReadFull(client, p); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations for a message and back", allocs)
			}
		})
	}
}
