package netbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/netbox/internal/tarantooltest"
)

// tarantool starts a real one and connects.
func tarantool(t *testing.T) (*tarantooltest.Server, *Conn) {
	t.Helper()
	srv := tarantooltest.Start(t, tarantooltest.Options{Super: true, MemoryMiB: 128, Script: `
		function push_nil() box.session.push(nil) box.session.push('x') return 1 end
		function push_and_fail() box.session.push(1) box.session.push(2) error('sunk') end
		function stacked()
			local cause = box.error.new(box.error.UNKNOWN)
			local err = box.error.new({code = 4242, reason = 'outer'})
			err:set_prev(cause)
			err:raise()
		end
	`})
	return srv, connect(t, srv.Addr, Options{})
}

func TestTarantoolAnswers(t *testing.T) {
	_, c := tarantool(t)
	ctx := patience(t)
	t.Run("C26 introduction", func(t *testing.T) {
		if c.Version() == "" || len(c.UUID()) != 36 {
			t.Errorf("version %q, uuid %q", c.Version(), c.UUID())
		}
	})
	t.Run("C70 ping", func(t *testing.T) {
		if err := c.Ping(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Run("C51 results", func(t *testing.T) {
		r, err := c.Call(ctx, "echo", 1, nil, "three")
		if err != nil || r.Len() != 3 || r.Int(0) != 1 || r.String(2) != "three" {
			t.Errorf("%d values, %v", r.Len(), err)
		}
		if r, err = c.Call(ctx, "nop"); err != nil || r.Len() != 0 {
			t.Errorf("%d values, %v", r.Len(), err)
		}
	})
	t.Run("C52 eval", func(t *testing.T) {
		if r, err := c.Eval(ctx, "local a, b = ... return a + b", 40, 2); err != nil || r.Int(0) != 42 {
			t.Errorf("got %d, %v", r.Int(0), err)
		}
		if r, err := c.Do(ctx, EvalRaw("return ...", []byte{0x92, 1, 2})); err != nil || r.Len() != 2 || r.Int(1) != 2 {
			t.Errorf("raw: %d values, %v", r.Len(), err)
		}
	})
	t.Run("C53 names with dots and a colon", func(t *testing.T) {
		if r, err := c.Call(ctx, "box.info"); err != nil || r.Len() != 1 {
			t.Errorf("%d values, %v", r.Len(), err)
		}
	})
}

func TestTarantoolEchoesBasicTypes(t *testing.T) {
	_, c := tarantool(t)
	for _, v := range []any{
		nil, true, false, int64(0), int64(-1), int64(127), int64(math.MinInt64), int64(math.MaxInt64), uint64(math.MaxUint64),
		1.5, -math.MaxFloat64, "", "текст", string(make([]byte, 100_000)), []any{int64(1), []any{}, "x"},
		map[string]any{"a": int64(1), "b": []any{nil}},
	} {
		r, err := c.Call(patience(t), "echo", v)
		if err != nil {
			t.Errorf("%T: %v", v, err)
			continue
		}
		got, err := r.Values()
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], v) {
			t.Errorf("%T %.40v: got %.40v, %v", v, v, got, err)
		}
	}
	for _, v := range []any{int(7), int8(7), int16(7), int32(7), uint(7), uint8(7), uint16(7), uint32(7), float32(7), float64(7)} {
		if r, err := c.Call(patience(t), "echo", v); err != nil || r.Float(0) != 7 {
			t.Errorf("%T: got %v, %v", v, r.Float(0), err)
		}
	}
	if r, err := c.Call(patience(t), "echo", []byte("bin")); err != nil || string(r.Bytes(0)) != "bin" {
		t.Errorf("[]byte: got %q, %v", r.Bytes(0), err)
	}
	type ship struct {
		Name string `msgpack:"name"`
		Oars int    `msgpack:"oars"`
	}
	var got ship
	if r, err := c.Call(patience(t), "echo", ship{"Argo", 50}); err != nil || r.Decode(&got) != nil || got != (ship{"Argo", 50}) {
		t.Errorf("struct: got %+v, %v", got, err)
	}
}

func TestTarantoolErrors(t *testing.T) {
	_, c := tarantool(t)
	for _, tt := range []struct {
		name    string
		req     Request
		code    iproto.Code
		message string
	}{
		{"C52 syntax error", Eval("not lua"), 32, "eval:1: unexpected symbol near 'not'"},
		{"C52 run time error", Eval("error('boom', 0)"), 32, "boom"},
		{"C81 unknown function", Call("no_such"), 33, "Procedure 'no_such' is not defined"},
		{"C191 box.error", Call("fail", "as asked"), 32, "as asked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.Send(tt.req).Wait(patience(t))
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, tt.code) || e.Message != tt.message || SafeToRetry(err) {
				t.Errorf("got %v", err)
			}
		})
	}
	_, err := c.Call(patience(t), "stacked")
	var e *Error
	if !errors.As(err, &e) || e.Code != 4242 || len(e.Stack) != 2 || e.Stack[0].File == "" || !errors.Is(err, iproto.CodeUnknown) {
		t.Errorf("C191: got %v, stack %+v", err, e)
	}
	if err := c.Ping(patience(t)); err != nil {
		t.Error(err)
	}
}

// collect ranges over the pushes of a future.
func collect(t *testing.T, f *Future) (values []any, err error) {
	t.Helper()
	for v, err := range f.Pushes(patience(t)) {
		if err != nil {
			return values, err
		}
		x, err := v.Any()
		if err != nil {
			t.Error(err)
		}
		values = append(values, x)
	}
	return values, nil
}

func TestTarantoolPushes(t *testing.T) {
	_, c := tarantool(t)
	t.Run("C87 in order, and again", func(t *testing.T) {
		f := c.Send(Call("push_n", 5))
		want := fmt.Sprint([]any{1, 2, 3, 4, 5})
		for range 2 {
			if got, err := collect(t, f); err != nil || fmt.Sprint(got) != want {
				t.Errorf("got %v, %v, want %s", got, err, want)
			}
		}
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != 5 {
			t.Errorf("got %d, %v", r.Int(0), err)
		}
	})
	t.Run("C86 ignored by Call", func(t *testing.T) {
		if r, err := c.Call(patience(t), "push_n", 100); err != nil || r.Int(0) != 100 {
			t.Errorf("got %d, %v", r.Int(0), err)
		}
	})
	t.Run("C90 nil", func(t *testing.T) {
		if got, err := collect(t, c.Send(Call("push_nil"))); err != nil || len(got) != 2 || got[0] != nil || got[1] != "x" {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("C89 then an error", func(t *testing.T) {
		if got, err := collect(t, c.Send(Call("push_and_fail"))); !errors.Is(err, iproto.CodeProcLua) || len(got) != 2 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("many", func(t *testing.T) {
		if got, err := collect(t, c.Send(Call("push_n", 20_000))); err != nil || len(got) != 20_000 || got[19_999] != int64(20_000) {
			t.Errorf("got %d of them, %v", len(got), err)
		}
	})
}

func TestTarantoolIsSlow(t *testing.T) {
	_, c := tarantool(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Call(ctx, "sleep", 0.2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("C104: got %v", err)
	}
	f := c.Send(Call("sleep", 0.1))
	if _, err := f.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("C77: got %v", err)
	}
	if r, err := f.Wait(patience(t)); err != nil || r.Float(0) != 0.1 {
		t.Errorf("C77: got %v, %v", r.Float(0), err)
	}
	for i := range 100 {
		if r, err := c.Call(patience(t), "echo", i); err != nil || r.Int(0) != int64(i) {
			t.Fatalf("C104: got %v, %v", r.Int(0), err)
		}
	}
}

func TestTarantoolServesManyAtOnce(t *testing.T) {
	_, c := tarantool(t)
	t.Run("10,000 pipelined", func(t *testing.T) {
		futures := make([]*Future, 10_000)
		for i := range futures {
			futures[i] = c.Send(Call("echo", i))
		}
		for i, f := range futures {
			if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != int64(i) {
				t.Fatalf("request %d: got %d, %v", i, r.Int(0), err)
			}
			f.Release()
		}
	})
	t.Run("64 goroutines", func(t *testing.T) {
		var wg sync.WaitGroup
		for g := range 64 {
			wg.Go(func() {
				for i := range 1000 {
					if r, err := c.Call(context.Background(), "echo", g, i); err != nil || r.Int(0) != int64(g) || r.Int(1) != int64(i) {
						t.Errorf("goroutine %d, call %d: got %d, %d, %v", g, i, r.Int(0), r.Int(1), err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestTarantoolTakesAndGivesMuch(t *testing.T) {
	_, c := tarantool(t)
	text := string(bytes.Repeat([]byte("0123456789abcdef"), 20<<16))
	r, err := c.Call(patience(t), "echo", text)
	if err != nil || r.String(0) != text {
		t.Errorf("C69: got %d bytes, %v", len(r.Bytes(0)), err)
	}
}

func TestTarantoolIsKilled(t *testing.T) {
	srv, c := tarantool(t)
	var sleeping []*Future
	for range 100 {
		sleeping = append(sleeping, c.Send(Call("sleep", 1000)))
	}
	if err := c.Ping(patience(t)); err != nil { // behind the others
		t.Fatal(err)
	}
	var calls atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				if _, err := c.Call(context.Background(), "echo", 1); err != nil {
					var lost *ConnError
					if !errors.As(err, &lost) {
						t.Errorf("C173: %v", err)
					}
					return
				}
				calls.Add(1)
			}
		})
	}
	srv.Kill()
	wg.Wait()
	for _, f := range sleeping {
		_, err := f.Wait(patience(t))
		var lost *ConnError
		if !errors.As(err, &lost) || !lost.Sent {
			t.Fatalf("C173: got %v", err)
		}
	}
}
