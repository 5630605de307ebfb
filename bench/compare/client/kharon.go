//go:build linux

package client

import (
	"context"
	"fmt"
	"math"

	"github.com/kharon-net/kharon/netbox"
	"github.com/kharon-net/kharon/reactor"
)

// kharon is package netbox, its callers being goroutines.
var kharon = &Library{Name: "kharon", connect: func(addr string, s Shape) (runner, error) {
	r, err := reactor.New(reactor.Config{Loops: 1})
	if err != nil {
		return nil, err
	}
	return connectKharon(r, addr, s, onGoroutine)
}}

// kharonFibers is package netbox, its callers being fibers of the connection's loop.
var kharonFibers = &Library{Name: "kharon-fibers", async: "one caller that does not wait needs no fiber",
	connect: func(addr string, s Shape) (runner, error) {
		r, err := reactor.New(reactor.Config{Loops: 1})
		if err != nil {
			return nil, err
		}
		return connectKharon(r, addr, s, func(f func(context.Context)) error {
			_, err := r.Go(context.Background(), f)
			return err
		})
	}}

func connectKharon(r *reactor.Reactor, addr string, s Shape, start func(func(context.Context)) error) (runner, error) {
	ctx := context.Background()
	conn, err := netbox.Connect(ctx, addr, netbox.Options{Reactor: r})
	if err != nil {
		return nil, err
	}
	c := &crowd{callers: s.Callers, start: start, end: func() { _ = conn.Close(); _ = r.Shutdown(ctx) }}
	if s.Walks() {
		c.caller = walks(func(ctx context.Context, w *walk) error { return kharonWalk(ctx, conn, s.Op, w) })
		return c, nil
	}
	op, err := kharonOp(s.Op, conn)
	if err != nil {
		return nil, err
	}
	if s.Async {
		c.callers = 1
		c.caller = func(ctx context.Context, t *turns) error {
			send := func(i int) (*netbox.Future, error) { return conn.Send(op.request(i)), nil }
			return window(t, s.Callers, send, func(f *netbox.Future) error {
				defer f.Release()
				res, err := f.Wait(ctx)
				if err != nil {
					return err
				}
				return op.read(res)
			})
		}
		return c, nil
	}
	c.caller = func(ctx context.Context, t *turns) error { return t.each(op.call(ctx)) }
	return c, nil
}

// kharonWalk ranges over the rows.
func kharonWalk(ctx context.Context, conn *netbox.Conn, op Op, w *walk) error {
	switch op {
	case Whole:
		return kharonRows[Row](ctx, conn, netbox.SelectOptions{PageSize: math.MaxUint32}, w)
	case Plain:
		return kharonRows[PlainRow](ctx, conn, netbox.SelectOptions{}, w)
	}
	return kharonRows[Row](ctx, conn, netbox.SelectOptions{}, w) // its pages are as large as those of the others
}

func kharonRows[R row](ctx context.Context, conn *netbox.Conn, o netbox.SelectOptions, w *walk) error {
	for row, err := range netbox.Rows[R](ctx, conn.Space(manySpace), netbox.Key(), o) {
		if err != nil {
			return err
		}
		w.see(row.key())
	}
	return nil
}

// operation is a request in both ways of making it.
type operation struct {
	request func(i int) netbox.Request
	read    func(netbox.Result) error
	call    func(ctx context.Context) func(i int) error // for one caller
}

func kharonOp(op Op, conn *netbox.Conn) (operation, error) {
	switch op {
	case Ping:
		return operation{
			func(int) netbox.Request { return netbox.Ping() },
			func(netbox.Result) error { return nil },
			func(ctx context.Context) func(int) error { return func(int) error { return conn.Ping(ctx) } },
		}, nil
	case Call:
		request := func(i int) netbox.Request { return netbox.Call("echo", i%keys) }
		read := func(r netbox.Result) error {
			r.Int(0)
			return r.Err()
		}
		return operation{request, read, func(ctx context.Context) func(int) error {
			return func(i int) error { return conn.DoFunc(ctx, request(i), read) }
		}}, nil
	case Select:
		from := conn.Space(space)
		one := netbox.SelectOptions{Limit: 1}
		var rows []Row // of the one caller who does not wait
		return operation{
			func(i int) netbox.Request { return from.SelectRequest(netbox.IntKey(int64(i%keys)), one) },
			func(r netbox.Result) (err error) {
				if rows, err = netbox.AppendTuples(rows[:0], r); err != nil {
					return err
				}
				return check(rows)
			},
			func(ctx context.Context) func(int) error {
				var rows []Row
				return func(i int) (err error) {
					if rows, err = netbox.AppendSelect(ctx, rows[:0], from, netbox.IntKey(int64(i%keys)), one); err != nil {
						return err
					}
					return check(rows)
				}
			},
		}, nil
	}
	return operation{}, fmt.Errorf("no request is called %q", op)
}
