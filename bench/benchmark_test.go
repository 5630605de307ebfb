package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kharon-net/kharon/netbox/box"
)

// results runs the program with -json and returns what it wrote.
func results(t *testing.T, args ...string) (stdout, stderr string, rows []map[string]any) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "results.json")
	code, stdout, stderr := bench(t, append(args, "-json", file)...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return stdout, stderr, rows
}

func TestEveryScenarioGivesARow(t *testing.T) {
	keys := []string{"allocs_per_op", "bytes_per_op", "client_cpu_us_per_op", "ops_per_sec",
		"p50_us", "p999_us", "p99_us", "scenario", "server_cpu_us_per_op"}
	stdout, stderr, rows := results(t, "-time", "50ms")
	if len(rows) != len(scenarios) {
		t.Fatalf("%d rows of %d", len(rows), len(scenarios))
	}
	for i, row := range rows {
		name := scenarios[i].name
		if row["scenario"] != name {
			t.Errorf("row %d is %v, want %s", i, row["scenario"], name)
		}
		if got := slices.Sorted(maps.Keys(row)); !slices.Equal(got, keys) {
			t.Errorf("%s: keys %q", name, got)
		}
		for _, key := range append(keys[2:7:7], keys[8]) {
			if v, ok := row[key].(float64); !ok || v <= 0 {
				t.Errorf("%s: %s is %v", name, key, row[key])
			}
		}
		if row["p50_us"].(float64) > row["p99_us"].(float64) || row["p99_us"].(float64) > row["p999_us"].(float64) {
			t.Errorf("%s: percentiles do not grow: %v", name, row)
		}
		for where, text := range map[string]string{"table": stdout, "progress": stderr} {
			if strings.Count(text, name+" ") != 1 {
				t.Errorf("%s is not once in the %s:\n%s", name, where, text)
			}
		}
	}
}

func TestRunSelects(t *testing.T) {
	_, _, rows := results(t, "-time", "10ms", "-run", "ping/sync-1|echo/64")
	var names []any
	for _, row := range rows {
		names = append(names, row["scenario"])
	}
	if want := []any{"netbox/ping/sync-1", "reactor/echo/64", "udp/echo/64"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

// boxServer is a server in this process, with some of the functions.
func boxServer(t *testing.T, funcs map[string]box.Func) (addr string) {
	t.Helper()
	srv, err := box.New(box.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	for name, f := range funcs {
		srv.Func(name, f)
	}
	a, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return a.String()
}

func TestAServerThatIsThereIsUsed(t *testing.T) {
	addr := boxServer(t, map[string]box.Func{"echo": echo})
	stdout, stderr, rows := results(t, "-time", "10ms", "-addr", addr)
	if len(rows) != 8 {
		t.Errorf("%d rows, want those of ping and call:\n%s", len(rows), stdout)
	}
	for _, row := range rows {
		if v, ok := row["server_cpu_us_per_op"]; !ok || v != nil {
			t.Errorf("%v: the server's CPU is %v, want null", row["scenario"], v)
		}
	}
	if !strings.Contains(stderr, "push/1x1000            skipped: the server has no usable function push_n") {
		t.Errorf("push is not skipped:\n%s", stderr)
	}
	if !strings.Contains(stdout, " - ") || !strings.Contains(stdout, "server: "+addr) {
		t.Errorf("the table:\n%s", stdout)
	}
}

func TestNothingToRunIsNoError(t *testing.T) {
	_, _, rows := results(t, "-time", "10ms", "-run", "call", "-addr", boxServer(t, nil))
	if rows == nil || len(rows) != 0 {
		t.Errorf("got %v, want an empty array", rows)
	}
}

func TestWrongAnswersAreFound(t *testing.T) {
	wrong := func(_ context.Context, req *box.Request) (any, error) { return (req.Args().Int(0) + 1) & 64, nil }
	short := func(_ context.Context, req *box.Request) (any, error) {
		return req.Args().Int(0), req.Session().Push(1)
	}
	addr := boxServer(t, map[string]box.Func{"echo": wrong, "push_n": short})
	code, _, stderr := bench(t, "-time", "10ms", "-addr", addr, "-run", "call/sync-1$|push")
	if code != 0 || strings.Count(stderr, "skipped: the server has no usable function") != 2 {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
}

func TestAFailureEndsTheRun(t *testing.T) {
	for _, name := range []string{"netbox/call/sync-64", "netbox/call/async-512", "push/1x1000"} {
		calls := 0 // of one connection and on its loop
		flaky := func(ctx context.Context, req *box.Request) (any, error) {
			if calls++; calls == 100 {
				return nil, errors.New("no more")
			}
			if req.Function() == "push_n" {
				return pushN(ctx, req)
			}
			return echo(ctx, req)
		}
		srv, err := box.New(box.Config{Mode: box.Inline})
		if err != nil {
			t.Fatal(err)
		}
		srv.Func("echo", flaky)
		srv.Func("push_n", flaky)
		addr, err := srv.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := bench(t, "-addr", addr.String(), "-run", name, "-time", "10m")
		if code != 1 || stdout != "" || !strings.Contains(stderr, name+": ") || !strings.Contains(stderr, ": no more") {
			t.Errorf("%s: exit code %d\n%s%s", name, code, stdout, stderr)
		}
		srv.Close()
	}
}

func TestNobodyThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	code, _, stderr := bench(t, "-addr", ln.Addr().String())
	if code != 1 || !strings.Contains(stderr, "connection refused") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestCancelEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var out strings.Builder
	w := writerFunc(func(p []byte) (int, error) {
		cancel(errors.New("enough")) // with the first row, so that there is something to print
		return len(p), nil
	})
	code := run(ctx, []string{"-time", "20ms", "-run", "echo/(1|64)$"}, streams{nil, &out, w})
	if code != 1 || strings.Count(out.String(), "reactor/echo") != 1 {
		t.Errorf("exit code %d\n%s", code, &out)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
