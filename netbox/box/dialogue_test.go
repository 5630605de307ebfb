package box

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/reactor"
)

// A dialogue is a recorded one, and what the server's own program did meanwhile.
type dialogue struct {
	name   string
	config Config
	before func(srv *Server)            // the server's program, before anybody connects
	steps  map[string]func(srv *Server) // before the nth line of a step: "step @n"
	differ map[string]string            // steps whose answer differs, and why
}

// TestConversationsAreThoseOfTarantool compares every field of every answer and event: bytes of headers and bodies but
// for schema versions, and for the places in the source that errors come from.
func TestConversationsAreThoseOfTarantool(t *testing.T) {
	broadcast := func(key string, v any) func(*Server) {
		return func(srv *Server) { _ = srv.Broadcast(key, v) }
	}
	noSpaces, noSQL := "there are no spaces here", "there is no SQL here"
	for _, c := range []dialogue{
		{name: "watch-basic", steps: map[string]func(*Server){
			"(server) box.broadcast('k1', {v = 1}) @1":  broadcast("k1", map[string]any{"v": 1}),
			"(server) box.broadcast('k1', 'two') @1":    broadcast("k1", "two"),
			"(server) box.broadcast('k1', nil) @1":      func(srv *Server) { _ = srv.BroadcastNone("k1") },
			"(server) box.broadcast('k1', box.NULL) @1": broadcast("k1", nil),
			"fiber.sleep(0.03); return log @1":          broadcast("k2", 42),
		}},
		{name: "watch-several", steps: map[string]func(*Server){
			"(server) box.broadcast('k', 'x') @5": broadcast("k", "x"),
			"(server) box.broadcast('k', 'y') @1": broadcast("k", "y"),
		}},
		{name: "watch-once", steps: map[string]func(*Server){
			"c:watch_once('a') @1": func(srv *Server) {
				for key, v := range map[string]any{"a": 1, "b": map[string]any{"x": []int{1, 2}}, "c": "s", "d": false, "e": []int{}} {
					_ = srv.Broadcast(key, v)
				}
			}}},
		{name: "watch-system-keys", config: Config{Version: "3.8.0"}, before: func(srv *Server) {
			srv.announceSchema(120)
		}, steps: map[string]func(*Server){
			"(server) box.schema.space.create('bump') @1": func(srv *Server) { srv.announceSchema(121) },
		}, differ: map[string]string{
			"c:watch_once('box.id')":             "the server has a UUID of its own",
			"(server) box.cfg{read_only = true}": "this server is never read-only",
		}},
		{name: "auth-wrong-password", config: Config{AuthDelay: -1}, before: users},
		{name: "auth-unknown-user", config: Config{AuthDelay: -1}, before: users},
		{name: "auth-user-without-password", config: Config{AuthDelay: -1}, before: users},
		{name: "raw-streams", before: func(srv *Server) { srv.Transactions(&store{}) }, differ: map[string]string{
			"stream id 2^64-1: INSERT": noSpaces, "a SELECT in a stream which has no transaction": noSpaces,
			"EXECUTE in a stream": noSQL, "PREPARE in a stream": noSQL,
		}},
		{name: "raw-push", before: fixture},
		{name: "raw-call16", before: fixture, differ: map[string]string{
			"CALL_16 raise_string []": "the error names a line of Lua", "CALL raise_string []": "the error names a line of Lua",
		}},
		{name: "raw-out-of-order", before: fixture},
		{name: "call-basic", before: fixture, differ: map[string]string{
			"c:call('box.space.kv:get', {1})": "tuples travel as plain arrays",
		}},
		{name: "push-sync", before: fixture},
		{name: "shutdown-idle", before: func(srv *Server) {
			srv.Eval(func(context.Context, string, *Request) (any, error) { go srv.Shutdown(t.Context()); return nil, nil })
		}, differ: map[string]string{`c:eval("fiber.new(os.exit, 0)")`: "no tuples, and so no TUPLE_FORMATS"}},
	} {
		t.Run(c.name, c.replay)
	}
}

// fixture registers in Go what the recorded server had in Lua.
func fixture(srv *Server) {
	for name, result := range map[string]any{
		"noresult": nil, "onenil": Values{nil}, "nils": Values{nil, nil, 1, nil},
		"pfunc": Values{5, "stored"}, "obj:method": Values{"obj", 5}, "obj.sub.plain": Values{"plain", 5}, // S53
		"box.space.kv:get": []any{1, "v1"},
		"tup":              []any{1, "a"}, "tups": []any{[]any{1, "alice", 30, nil}, []any{2, "Bob", 25,
			map[string]any{"tags": []string{"a", "b"}, "n": []int{1, 2, 3}}}},
		"multi": Values{1, "two", []any{3, "x"}, map[string]any{"k": "v"}, true},
	} {
		srv.Func(name, func(context.Context, *Request) (any, error) { return result, nil })
	}
	var order queueOfSlow
	Handle(srv, "slow", func(ctx context.Context, in struct {
		Seconds float64
		V       any
	}) (any, error) {
		defer order.begin(in.Seconds)()
		err := reactor.Sleep(ctx, time.Duration(in.Seconds*float64(time.Second)))
		for err == nil && !order.first(srv, in.Seconds) {
			err = reactor.Sleep(ctx, time.Millisecond)
		}
		return in.V, err
	})
	Handle(srv, "push3", func(_ context.Context, in struct {
		Req *Request
		N   int
	}) (any, error) {
		for i := range in.N {
			if err := in.Req.Session().Push((i + 1) * 10); err != nil {
				return nil, err
			}
		}
		return "done", nil
	})
	srv.Func("box.session.user", whoami)
	srv.Func("push_then_error", func(_ context.Context, req *Request) (any, error) {
		const text = "fixture.lua:35: after push"
		return nil, errors.Join(req.Session().Push("before"), &iproto.Error{Code: iproto.CodeProcLua, Message: text,
			Stack: []iproto.ErrorFrame{{Type: "LuajitError", Message: text, Code: iproto.CodeProcLua}}})
	})
	srv.Func("push_types", func(_ context.Context, req *Request) (any, error) {
		for _, v := range []any{[]any{1, "a"}, map[string]any{"k": "v"}, "s", []int{1, 2}, nil, nil} {
			if err := req.Session().Push(v); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

func users(srv *Server) {
	for _, u := range []User{{Name: "alice", Password: "secret", Rights: All}, {Name: "nopass", Rights: All}} {
		_ = srv.SetUser(u)
	}
}

// replay plays the client's side.
func (c dialogue) replay(t *testing.T) {
	c.config.Reactor = oneLoop(t)
	srv, addr := start(t, c.config)
	if c.before != nil {
		c.before(srv)
	}
	conns := map[string]*raw{}
	last, nth, compared := "", 0, 0
	skipping := false // an EVAL, and what it was answered with: there is no Lua here
	for _, l := range readTranscript(t, c.name) {
		x := conns[l.conn]
		if x == nil {
			x = dialRaw(t, addr)
			conns[l.conn] = x
		}
		if nth++; l.step != last {
			last, nth = l.step, 1
		}
		if step := c.steps[fmt.Sprintf("%s @%d", l.step, nth)]; step != nil {
			step(srv)
		}
		if c.differ[l.step] != "" && strings.HasPrefix(l.step, "(server)") {
			continue // nothing will come
		}
		if l.client && !l.end {
			skipping = srv.funcs.Load().eval == nil && parseReply(t, l.data).Type == iproto.TypeEval
		}
		switch {
		case skipping:
		case l.client && l.end:
			x.Close()
		case l.client:
			x.write(l.data)
		case l.end:
			if p, err := x.next(); !errors.Is(err, io.EOF) {
				t.Errorf("%s: got %v, %v, want EOF", l.step, p, err)
			}
		default:
			got := x.take()
			if c.differ[l.step] == "" {
				compare(t, l.step, got, parseReply(t, l.data))
				compared++
			}
		}
	}
	if compared < 2 {
		t.Errorf("%d answers were compared", compared)
	}
}

func parseReply(t *testing.T, frame []byte) reply {
	t.Helper()
	_, n, err := iproto.ParseFrameLength(frame, 0)
	if err != nil {
		t.Fatal(err)
	}
	h, m, err := iproto.ParseHeader(frame[n:])
	if err != nil {
		t.Fatal(err)
	}
	return reply{Header: h, frame: frame, body: frame[n+m:]}
}

// compare compares headers and bodies.
func compare(t *testing.T, step string, got, want reply) {
	t.Helper()
	if (got.SchemaVersion == 0) != (want.SchemaVersion == 0) {
		t.Errorf("%s: schema version %d, want %d", step, got.SchemaVersion, want.SchemaVersion)
	}
	got.SchemaVersion = want.SchemaVersion
	if diff := cmp.Diff(want.Header, got.Header); diff != "" {
		t.Errorf("%s: header (-want +got)\n%s", step, diff)
	}
	if diff := cmp.Diff(fields(t, want), fields(t, got)); diff != "" {
		t.Errorf("%s: body (-want +got)\n%s", step, diff)
	}
}

// fields are what counts of a body.
func fields(t *testing.T, p reply) any {
	t.Helper()
	if e := p.err(t); e != nil {
		for i := range e.Stack {
			f := &e.Stack[i]
			f.File, f.Line = "", 0
		}
		text := fmt.Sprint(e.Code, e.Message)
		for _, f := range e.Stack {
			payload := any(nil)
			if f.Fields != nil {
				payload, _ = f.Fields.Any()
			}
			text += fmt.Sprintf("\n%s %q errno %d code %d %v", f.Type, f.Message, f.Errno, f.Code, payload)
		}
		return text
	}
	if id, _, err := iproto.ParseID(p.body); err == nil && id.AuthType != "" {
		id.Features = 0 // of the server, not of the protocol
		return id
	}
	v, n, err := msgp.Value(p.body)
	if err != nil || n != len(p.body) {
		t.Fatalf("body %x: %v", p.body, err)
	}
	if m, ok := v.(map[any]any); ok && fmt.Sprint(m[int64(iproto.KeyTupleFormats)]) == "map[]" {
		delete(m, int64(iproto.KeyTupleFormats)) // of no tuples: the same as nothing
	}
	return fmt.Sprint(v)
}

// queueOfSlow keeps calls that take their time in the order of that time, also on a machine that is too busy to.
type queueOfSlow struct {
	mu    sync.Mutex
	times []float64
}

// begin takes note of a call, and of its end when the result is called.
func (q *queueOfSlow) begin(seconds float64) (end func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.times = append(q.times, seconds)
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		i := slices.Index(q.times, seconds)
		q.times = slices.Delete(q.times, i, i+1)
	}
}

// first reports whether all calls that take less have been answered.
func (q *queueOfSlow) first(srv *Server, seconds float64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	longer := 0
	for _, s := range q.times {
		if s >= seconds {
			longer++
		}
	}
	return srv.Stats().RequestsInProgress <= longer
}
