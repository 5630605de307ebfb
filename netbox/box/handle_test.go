package box

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// results reads the values of an answer.
func results(t *testing.T, p reply) []any {
	t.Helper()
	if e := p.err(t); e != nil {
		t.Fatal(e)
	}
	array, _, err := iproto.ParseData(p.body)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := msgp.Value(array)
	if err != nil {
		t.Fatal(err)
	}
	return v.([]any)
}

func TestHandlersWithGoTypes(t *testing.T) {
	type point struct {
		X int `msgpack:"x"`
		Y int `msgpack:"y"`
	}
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		Handle(srv, "sum", func(_ context.Context, in struct{ A, B int }) (int, error) { return in.A + in.B, nil })
		Handle(srv, "double", func(_ context.Context, n float64) (float64, error) { return 2 * n, nil })
		Handle(srv, "none", func(context.Context, struct{}) (Values, error) { return Values{1, "x"}, nil })
		Handle(srv, "swap", func(_ context.Context, p point) (point, error) { return point{p.Y, p.X}, nil })
		Handle(srv, "year", func(_ context.Context, when time.Time) (int, error) { return when.UTC().Year(), nil })
		Handle(srv, "list", func(_ context.Context, in []string) (int, error) { return len(in), nil })
		Handle(srv, "wrap", func(_ context.Context, in struct{ P point }) (int, error) { return in.P.X, nil })
		Handle(srv, "push", func(_ context.Context, in struct {
			Req *Request
			V   any
		}) (any, error) {
			return "pushed", in.Req.Session().Push(in.V)
		})
		for _, tt := range []struct {
			name string
			args []any
			want string
		}{
			{"sum", []any{1, 2}, "[3]"},
			{"sum", []any{map[string]any{"A": 3, "B": 4}}, "[7]"},
			{"double", []any{1.5}, "[3]"},
			{"none", nil, "[1 x]"},
			{"swap", []any{1, 2}, "[map[x:2 y:1]]"},
			{"swap", []any{map[string]any{"x": 1, "y": 2}}, "[map[x:2 y:1]]"},
			{"year", []any{time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC)}, "[2024]"},
			{"list", []any{[]string{"a", "b"}}, "[2]"},
			{"wrap", []any{map[string]any{"x": 9}}, "[9]"},
		} {
			c.write(call(1, tt.name, tt.args...))
			if got := fmt.Sprint(results(t, c.take())); got != tt.want {
				t.Errorf("%s%v = %s, want %s", tt.name, tt.args, got, tt.want)
			}
		}
		c.write(call(2, "push", "x"))
		if n, p := c.skipPushes(2); n != 1 || fmt.Sprint(results(t, p)) != "[pushed]" {
			t.Errorf("%d pushes, then %v", n, p)
		}
		for _, tt := range []struct {
			name    string
			args    []any
			message string
		}{
			{"sum", []any{1}, "sum takes 2 arguments, got 1"},
			{"sum", nil, "sum takes 2 arguments, got 0"},
			{"none", []any{1}, "none takes 0 arguments, got 1"},
			{"double", []any{1, 2}, "double takes 1 argument, got 2"},
		} {
			c.write(call(3, tt.name, tt.args...))
			c.expectError(3, iproto.CodeIllegalParams, tt.message)
		}
		c.write(call(4, "sum", 1, "two"))
		if e := c.take().err(t); e == nil || e.Code != iproto.CodeIllegalParams {
			t.Errorf("a wrong type: %v", e)
		}
	})
}

func TestFallbackAnswersWhatHasNoFunction(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		srv.Fallback(FuncOptions{}, func(_ context.Context, req *Request) (any, error) {
			return Values{req.Function(), req.Args().Len()}, nil
		})
		c.write(append(call(1, "box.info", 1, 2), call(2, "echo", 7)...))
		if got := fmt.Sprint(results(t, c.take())); got != "[box.info 2]" {
			t.Error(got)
		}
		if got := fmt.Sprint(results(t, c.take())); got != "[7]" {
			t.Error(got)
		}
	})
}
