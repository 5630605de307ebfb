//go:build linux

package client

import (
	"context"
	"fmt"

	"github.com/FZambia/tarantool"
)

// fzambia is FZambia/tarantool: Exec for what is waited for, ExecAsync for what is not, and typed results, as in the
// quick start and the benchmarks of its repository.
var fzambia = &Library{Name: "fzambia", connect: func(addr string, s Shape) (runner, error) {
	conn, err := tarantool.Connect(addr, tarantool.Opts{})
	if err != nil {
		return nil, err
	}
	if s.Walks() {
		get := func(from, limit int, rows any) error {
			return conn.ExecAsync(tarantool.Select(manySpace, index, 0, uint32(limit), tarantool.IterGe,
				tarantool.UintKey{I: uint64(from)})).GetTyped(rows)
		}
		return &crowd{callers: 1, caller: walks(bySlices(s.Op, get)), start: onGoroutine, end: func() { _ = conn.Close() }}, nil
	}
	request, err := fzambiaRequest(s.Op)
	if err != nil {
		return nil, err
	}
	c := &crowd{callers: s.Callers, start: onGoroutine, end: func() { _ = conn.Close() }}
	if s.Async {
		c.callers = 1
		send := func(i int) (tarantool.Future, error) { return conn.ExecAsync(request(i)), nil }
		c.caller = func(_ context.Context, t *turns) error {
			return window(t, s.Callers, send, readOf[tarantool.Future](s.Op))
		}
		return c, nil
	}
	c.caller = func(_ context.Context, t *turns) error {
		read := readOf[tarantool.Future](s.Op)
		return t.each(func(i int) error { return read(conn.ExecAsync(request(i))) })
	}
	return c, nil
}}

func fzambiaRequest(op Op) (func(i int) *tarantool.Request, error) {
	switch op {
	case Ping:
		return func(int) *tarantool.Request { return tarantool.Ping() }, nil
	case Call:
		return func(i int) *tarantool.Request { return tarantool.Call("echo", []any{uint(i % keys)}) }, nil
	case Select:
		return func(i int) *tarantool.Request {
			return tarantool.Select(space, index, 0, 1, tarantool.IterEq, tarantool.UintKey{I: uint64(i % keys)})
		}, nil
	}
	return nil, fmt.Errorf("no request is called %q", op)
}
