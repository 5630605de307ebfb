package box

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
)

var update = flag.Bool("update", false, "write the golden files of this package")

const goldenFile = "testdata/netbox.golden"

//go:embed testdata/netbox.lua
var conversation string

//go:embed testdata/load.lua
var load string

// forLua registers what the scripts call besides the standard functions.
func forLua(srv *Server) {
	srv.Func("values", func(context.Context, *Request) (any, error) { return Values{1, nil, "three", nil}, nil })
	srv.Func("list", func(context.Context, *Request) (any, error) { return []any{1, 2, 3}, nil })
	srv.Func("coded", func(context.Context, *Request) (any, error) {
		return nil, Errorf(iproto.CodeNoSuchUser, "User '%s' is not found", "nobody")
	})
	srv.Func("stacked", func(context.Context, *Request) (any, error) {
		return nil, &iproto.Error{Code: 4242, Message: "outer", Stack: []iproto.ErrorFrame{
			{Type: "ClientError", File: "outer.go", Line: 1, Message: "outer", Code: 4242},
			{Type: "ClientError", File: "inner.go", Line: 2, Message: "inner", Code: 32},
		}}
	})
	srv.Func("wrapped", func(context.Context, *Request) (any, error) {
		return nil, fmt.Errorf("can not sail: %w", errors.New("no wind"))
	})
	srv.Func("push_nil", func(_ context.Context, req *Request) (any, error) {
		return "done", errors.Join(req.Session().Push(nil), req.Session().Push(map[string]any{"k": []int{1, 2}}))
	})
	srv.Func("push_and_fail", func(_ context.Context, req *Request) (any, error) {
		return nil, errors.Join(req.Session().Push(1), req.Session().Push(2), errors.New("sunk"))
	})
	srv.Func("obj:method", func(_ context.Context, req *Request) (any, error) { return req.Function(), nil })
	// push_ids pushes n messages that tell whose they are.
	srv.Func("push_ids", func(_ context.Context, req *Request) (any, error) {
		id, n := req.Args().Int(0), req.Args().Int(1)
		for i := range n {
			if err := req.Session().Push([]any{id, i + 1}); err != nil {
				return nil, err
			}
		}
		return id, nil
	})
}

func TestNetBoxTalksToTheServer(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(fmt.Sprint("mode ", mode), func(t *testing.T) {
			srv, addr := start(t, Config{Mode: mode})
			forLua(srv)
			got := tarantooltest.RunScript(t, conversation, addr)
			if *update {
				if err := os.WriteFile(goldenFile, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(goldenFile)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestNetBoxUnderLoad(t *testing.T) {
	const want = "10000 pipelined calls: 10000 right\n400 fibers: 400 got exactly their own pushes\n" +
		"100 connections: 100 right\n"
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		t.Run(fmt.Sprint("S94, mode ", mode), func(t *testing.T) {
			srv, addr := start(t, Config{Mode: mode})
			forLua(srv)
			if got := tarantooltest.RunScript(t, load, addr); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}
