package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// TestMain lets the test binary be the child that it starts: called with
// -serve it is the program and not its test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-serve" {
		main()
	}
	reactortest.MainWith(m, reactortest.Options{After: func() {
		if r, err := reactor.Default(); err == nil {
			_ = r.Close()
		}
	}})
}

// bench runs the program without a terminal, and returns its exit code and
// what it printed.
func bench(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), reactortest.Patience)
	defer cancel()
	var out, err bytes.Buffer
	code = run(ctx, args, streams{strings.NewReader(""), &out, &err})
	return code, out.String(), err.String()
}

func TestListNamesEveryScenario(t *testing.T) {
	want := `netbox/ping/async-512
netbox/ping/sync-1
netbox/ping/sync-64
netbox/ping/sync-512
netbox/call/async-512
netbox/call/sync-1
netbox/call/sync-64
netbox/call/sync-512
push/1x1000
sockets/line/1
sockets/line/64
sockets/line/1024
reactor/echo/1
reactor/echo/64
reactor/echo/1024
udp/echo/1
udp/echo/64
`
	if code, got, _ := bench(t, "-list"); code != 0 || got != want {
		t.Errorf("exit code %d, got\n%s", code, got)
	}
}

func TestHelpTellsEveryFlag(t *testing.T) {
	code, _, help := bench(t, "-help")
	for _, flag := range []string{"list", "run", "time", "json", "addr", "serve", "listen", "mode", "cpuprofile"} {
		if !strings.Contains(help, "\n  -"+flag+" ") && !strings.Contains(help, "\n  -"+flag+"\n") {
			t.Errorf("-%s is not in\n%s", flag, help)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestWrongCommandLinesAreRefused(t *testing.T) {
	for _, tt := range []struct {
		args []string
		code int
		want string // in the message
	}{
		{[]string{"-nope"}, 2, "-nope"},
		{[]string{"nope"}, 2, `"nope"`},
		{[]string{"-run", "("}, 2, "-run"},
		{[]string{"-time", "0s"}, 2, "-time"},
		{[]string{"-loops", "-1"}, 2, "-loops"},
		{[]string{"-mode", "fast"}, 2, `"fast"`},
		{[]string{"-serve", "cake"}, 2, `"cake"`},
		{[]string{"-run", "nothing"}, 1, `"nothing"`},
		{[]string{"-addr", "127.0.0.1:1", "-run", "reactor"}, 1, "no scenario"},
		{[]string{"-serve", "box", "-listen", "cake"}, 1, "cake"},
		{[]string{"-serve", "line", "-listen", "cake"}, 1, "cake"},
		{[]string{"-serve", "udp", "-listen", "cake"}, 1, "cake"},
		{[]string{"-run", "sync-1$", "-cpuprofile", "/nowhere/at/all"}, 1, "/nowhere"},
	} {
		code, _, stderr := bench(t, tt.args...)
		if code != tt.code || !strings.HasPrefix(stderr, "bench: ") || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: exit code %d, want %d; %s", tt.args, code, tt.code, stderr)
		}
	}
}
