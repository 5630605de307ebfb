//go:build linux

package client

import (
	"context"
	"fmt"

	"github.com/tarantool/go-tarantool/v3"
)

// goTarantool is tarantool/go-tarantool, the connector of Tarantool's makers: requests by Connection.Do and results by
// Future.GetTyped, "the fastest way" of its README to read them.
var goTarantool = &Library{Name: "go-tarantool", connect: func(addr string, s Shape) (runner, error) {
	conn, err := tarantool.Connect(context.Background(), tarantool.NetDialer{Address: addr}, tarantool.Opts{})
	if err != nil {
		return nil, err
	}
	if s.Walks() {
		get := func(from, limit int, rows any) error {
			return conn.Do(tarantool.NewSelectRequest(manySpace).Index(index).Iterator(tarantool.IterGe).Limit(uint32(limit)).
				Key([]any{uint(from)})).GetTyped(rows)
		}
		return &crowd{callers: 1, caller: walks(bySlices(s.Op, get)), start: onGoroutine, end: func() { _ = conn.Close() }}, nil
	}
	request, err := goTarantoolRequest(s.Op)
	if err != nil {
		return nil, err
	}
	send := func(i int) (tarantool.Future, error) { return conn.Do(request(i)), nil }
	c := &crowd{callers: s.Callers, start: onGoroutine, end: func() { _ = conn.Close() }}
	if s.Async {
		c.callers = 1
		c.caller = func(_ context.Context, t *turns) error {
			return window(t, s.Callers, send, readOf[tarantool.Future](s.Op))
		}
		return c, nil
	}
	c.caller = func(_ context.Context, t *turns) error {
		read := readOf[tarantool.Future](s.Op)
		return t.each(func(i int) error { return read(conn.Do(request(i))) })
	}
	return c, nil
}}

func goTarantoolRequest(op Op) (func(i int) tarantool.Request, error) {
	switch op {
	case Ping:
		return func(int) tarantool.Request { return tarantool.NewPingRequest() }, nil
	case Call:
		return func(i int) tarantool.Request {
			return tarantool.NewCallRequest("echo").Args([]any{uint(i % keys)})
		}, nil
	case Select:
		return func(i int) tarantool.Request {
			return tarantool.NewSelectRequest(space).Index(index).Iterator(tarantool.IterEq).Limit(1).
				Key([]any{uint(i % keys)})
		}, nil
	}
	return nil, fmt.Errorf("no request is called %q", op)
}

// A typed future is what both libraries have.
type typed interface{ GetTyped(result any) error }

// readOf returns how the result of a request is read, by one goroutine.
func readOf[F typed](op Op) func(F) error {
	switch op {
	case Call:
		var out []int
		return func(f F) error { return f.GetTyped(&out) }
	case Select:
		var rows []Row
		return func(f F) error {
			if err := f.GetTyped(&rows); err != nil {
				return err
			}
			return check(rows)
		}
	default:
		var out []any
		return func(f F) error { return f.GetTyped(&out) }
	}
}
