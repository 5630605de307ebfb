//go:build linux

package peer

import (
	"context"

	"github.com/kharon-net/kharon/bench/compare/tarantool"
	"github.com/kharon-net/kharon/bench/compare/usage"
	"github.com/kharon-net/kharon/netbox/box"
)

// tarantoolPeer is Tarantool itself, its functions written in Lua.
var tarantoolPeer = &Peer{Name: "tarantool", starts: map[Kind]start{Box: startTarantool}}

func startTarantool(listen string) (string, error) {
	addr, pid, err := tarantool.Serve(listen)
	if err != nil {
		return "", err
	}
	process = pid
	return addr, nil
}

// process is the server's, when that is not this one.
var process int

// Process returns the number of the process that Serve's server is, or 0 for this one.
func Process() int { return process }

// Used returns the processor time that the server has used so far.
func Used() (usage.CPU, error) {
	if process != 0 {
		return usage.Of(process)
	}
	return usage.Self()
}

// The push server, its functions running inline on the loop, as fibers of the loop, or on goroutines, which is what a
// server does that is not told otherwise.
var (
	boxInline    = &Peer{Name: "kharon-inline", starts: map[Kind]start{Box: startBox(box.Inline)}}
	boxFiber     = &Peer{Name: "kharon-fiber", starts: map[Kind]start{Box: startBox(box.Fiber)}}
	boxGoroutine = &Peer{Name: "kharon-goroutine", starts: map[Kind]start{Box: startBox(box.Goroutine)}}
)

func startBox(mode box.Mode) start {
	return func(listen string) (string, error) {
		srv, err := box.New(box.Config{Mode: mode})
		if err != nil {
			return "", err
		}
		srv.Func("echo", func(_ context.Context, req *box.Request) (any, error) { return req.Args(), nil })
		srv.Func("push_n", boxPush)
		srv.Func("push_all", boxPushAll)
		srv.Func("broadcast", func(_ context.Context, req *box.Request) (any, error) {
			return nil, srv.Broadcast("news", req.Args().Int(0))
		})
		srv.Func("cpu", boxCPU)
		addr, err := srv.Listen(listen)
		if err != nil {
			return "", err
		}
		return addr.String(), nil
	}
}

// boxPush pushes as many messages as it is told.
func boxPush(_ context.Context, req *box.Request) (any, error) {
	n, session := req.Args().Int(0), req.Session()
	if err := req.Args().Err(); err != nil {
		return nil, err
	}
	for i := int64(1); i <= n; i++ {
		if err := session.Push(i); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// boxPushAll is boxPush with all messages at once.
func boxPushAll(ctx context.Context, req *box.Request) (any, error) {
	n := req.Args().Int(0)
	if err := req.Args().Err(); err != nil {
		return nil, err
	}
	return box.PushAll(ctx, req.Session(), func(yield func(int64) bool) {
		for i := int64(1); i <= n && yield(i); i++ {
		}
	})
}

// boxCPU returns the processor time that the server has used, that of the user and that of the system, in microseconds.
func boxCPU(context.Context, *box.Request) (any, error) {
	cpu, err := usage.Self()
	return box.Values{cpu.User.Microseconds(), cpu.System.Microseconds()}, err
}
