//go:build kharon_debug

package box

import (
	"context"
	"strings"
	"testing"
)

const debugEnabled = true

func TestRequestsThatHaveEndedMayNotBeUsed(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber} {
		t.Run(mode.String(), func(t *testing.T) {
			srv, addr := start(t, Config{Mode: mode})
			type use struct {
				req  *Request
				text []byte
			}
			uses := make(chan use, 1) // the handler sends, the test receives
			srv.Func("keep", func(_ context.Context, req *Request) (any, error) {
				uses <- use{req, req.Args().At(0)}
				return nil, nil
			})
			c := dialRaw(t, addr)
			c.write(call(1, "keep", "secret"))
			c.expectOK(1)
			c.write(call(2, "nop"))
			c.expectOK(2) // after which nobody has the first one in hand
			kept := <-uses
			for name, use := range map[string]func(){
				"Args":    func() { kept.req.Args() },
				"Session": func() { kept.req.Session() },
				"Sync":    func() { kept.req.Sync() },
				"Tx":      func() { kept.req.Tx() },
			} {
				if got := panicOf(use); !strings.Contains(got, name) {
					t.Errorf("%s after the end: %q", name, got)
				}
			}
			if strings.Contains(string(kept.text), "secret") {
				t.Errorf("the arguments can still be read: %q", kept.text)
			}
		})
	}
}

// panicOf returns what f panics with.
func panicOf(f func()) (text string) {
	defer func() { text, _ = recover().(string) }()
	f()
	return ""
}
