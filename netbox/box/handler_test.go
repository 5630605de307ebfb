package box

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

// bomb is a value whose encoder panics.
type bomb struct{}

func (bomb) EncodeMsgpack(*msgpack.Encoder) error { panic("in the encoder") }

// mute is an error that can not tell what it is.
type mute struct{}

func (mute) Error() string { panic("in the error") }

// bothModes runs a test with each mode of handlers.
func bothModes(t *testing.T, test func(t *testing.T, srv *Server, c *raw)) {
	for _, mode := range []Mode{Goroutine, Inline} {
		t.Run(map[Mode]string{Goroutine: "goroutine", Inline: "inline"}[mode], func(t *testing.T) {
			srv, addr := start(t, Config{Mode: mode})
			test(t, srv, dialRaw(t, addr))
		})
	}
}

func TestErrorsOfHandlers(t *testing.T) {
	var none *iproto.Error
	for _, tt := range []struct {
		name    string
		f       func() (any, error)
		code    iproto.Code
		message string
		stack   int
	}{
		{"plain", func() (any, error) { return nil, errors.New("boom") }, 32, "boom", 1},
		{"wrapped", func() (any, error) { return nil, fmt.Errorf("outer: %w", io.EOF) }, 32, "outer: EOF", 2},
		{"with a code", func() (any, error) { return nil, Errorf(iproto.CodeNoSuchUser, "no %s", "user") }, 45, "no user", 1},
		{"with a code of one's own", func() (any, error) { return nil, Errorf(4242, "mine") }, 4242, "mine", 1},
		{"with a stack", func() (any, error) {
			return nil, &iproto.Error{Code: 7, Message: "top", Stack: []iproto.ErrorFrame{
				{Type: "CustomError", Message: "top", Code: 7}, {Type: "ClientError", Message: "cause", Code: 8}}}
		}, 7, "top", 2},
		{"S194 panic", func() (any, error) { panic("boom") }, 32, "handler panicked: boom", 1},
		{"panic in an encoder", func() (any, error) { return bomb{}, nil }, 32, "", 1},
		{"panic in an error", func() (any, error) { return nil, mute{} }, 32, "handler panicked: in the error", 1},
		{"value that can not be encoded", func() (any, error) { return make(chan int), nil }, 32, "", 1},
		{"nil in disguise", func() (any, error) { return nil, none }, 32, "", 1},
		{"nil arguments", func() (any, error) { return (*Args)(nil), nil }, 32, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothModes(t, func(t *testing.T, srv *Server, c *raw) {
				srv.Func("f", func(context.Context, *Request) (any, error) { return tt.f() })
				c.write(call(1, "f"))
				p := c.take()
				e := p.err(t)
				if e == nil || p.Sync != 1 || e.Code != tt.code || tt.message != "" && e.Message != tt.message || len(e.Stack) < tt.stack {
					t.Errorf("got %v, stack %+v", p, e)
				}
				c.write(call(2, "echo"))
				c.expectOK(2)
			})
		})
	}
}

func TestHandlersThatEndTheirGoroutine(t *testing.T) {
	srv, addr := start(t, Config{Workers: 2})
	srv.Func("exit", func(context.Context, *Request) (any, error) { runtime.Goexit(); return nil, nil })
	c := dialRaw(t, addr)
	for i := range uint64(10) { // more than there are workers
		c.write(call(i, "exit"))
		c.expectError(i, iproto.CodeProcLua, "handler ended its goroutine")
	}
	c.write(call(1, "echo"))
	c.expectOK(1)
}

func TestResultsOfHandlers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		result any
		want   string // DATA
	}{
		{"nothing", nil, "dd00000000"},
		{"one", 7, "dd00000001 07"},
		{"one list", []any{1, 2}, "dd00000001 920102"},
		{"several", Values{1, nil, "x"}, "dd00000003 01 c0 a178"},
		{"no values", Values{}, "dd00000000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothModes(t, func(t *testing.T, srv *Server, c *raw) {
				srv.Func("f", func(context.Context, *Request) (any, error) { return tt.result, nil })
				c.write(call(1, "f"))
				if got, want := string(c.expectOK(1).body), "\x81\x30"+string(unhex(t, tt.want)); got != want {
					t.Errorf("got %x, want %x", got, want)
				}
			})
		})
	}
}

func TestEvalHasItsHandler(t *testing.T) {
	bothModes(t, func(t *testing.T, srv *Server, c *raw) {
		eval := frame(t, "82 01 05 00 08 82 27 a3 312b31 21 91 07")
		c.write(eval)
		c.expectError(5, iproto.CodeUnsupported, "Kharon does not support EVAL")
		srv.Eval(func(_ context.Context, expr string, req *Request) (any, error) {
			return Values{expr, req.Args().Int(0), req.Function(), req.Sync()}, nil
		})
		c.write(eval)
		want := "\x81\x30\xdd\x00\x00\x00\x04\xa31+1\x07\xa4eval\x05"
		if got := string(c.expectOK(5).body); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestPushesComeBeforeTheAnswer(t *testing.T) {
	bothModes(t, func(t *testing.T, _ *Server, c *raw) {
		for round := range 200 {
			sync := uint64(round)
			c.write(append(call(sync, "push_n", 20), iproto.AppendPing(nil, 1<<40, 0)...))
			n, pong := 0, false
			for {
				p := c.take()
				if p.Sync == 1<<40 {
					pong = true
					continue
				}
				if p.Type == iproto.TypeOK {
					break
				}
				v, _, _ := iproto.ParseChunk(p.body)
				if n++; p.Sync != sync || len(v) != 1 || int(v[0]) != n {
					t.Fatalf("push %d: %v", n, p)
				}
			}
			if n != 20 {
				t.Fatalf("S85: %d pushes", n)
			}
			if !pong {
				c.expectOK(1 << 40)
			}
		}
	})
}

func TestPushOfNilAndOfWhatCanNotBeEncoded(t *testing.T) {
	bothModes(t, func(t *testing.T, srv *Server, c *raw) {
		srv.Func("f", func(_ context.Context, req *Request) (any, error) {
			if err := req.Session().Push(nil); err != nil {
				t.Errorf("S90: %v", err)
			}
			if err := req.Session().Push(make(chan int)); err == nil {
				t.Error("S91: a channel was pushed")
			}
			return nil, nil
		})
		c.write(call(1, "f"))
		if p := c.take(); p.Type != iproto.TypeChunk || string(p.body) != "\x81\x30\xdd\x00\x00\x00\x01\xc0" {
			t.Errorf("S90: got %v", p)
		}
		c.expectOK(1)
	})
}

func TestPushAfterTheAnswer(t *testing.T) {
	bothModes(t, func(t *testing.T, srv *Server, c *raw) {
		kept := make(chan Session, 10)
		srv.Func("keep", func(_ context.Context, req *Request) (any, error) {
			kept <- req.Session()
			return nil, nil
		})
		c.write(append(call(1, "keep"), call(2, "keep")...))
		c.expectOK(1)
		c.expectOK(2)
		for range 2 {
			if err := (<-kept).Push(1); !errors.Is(err, ErrRequestDone) {
				t.Errorf("got %v, want ErrRequestDone", err)
			}
		}
		c.expectAlive()
	})
}

func TestDisconnectDuringAHandler(t *testing.T) {
	for _, how := range []string{"close", "half-close", "reset"} {
		t.Run(how, func(t *testing.T) {
			srv, addr := start(t, Config{})
			began, ended := make(chan struct{}), make(chan error, 1)
			srv.Func("f", func(ctx context.Context, req *Request) (any, error) {
				close(began)
				<-ctx.Done()
				ended <- req.Session().Push(1)
				return "nobody hears it", nil
			})
			c := dialRaw(t, addr)
			c.write(call(1, "f"))
			<-began
			c.hangUp(how)
			if err := <-ended; !errors.Is(err, ErrSessionClosed) || !errors.Is(err, iproto.CodeSessionClosed) {
				t.Errorf("S95: push: %v", err)
			}
			reactortest.Eventually(t, func() bool { return len(srv.open()) == 0 }, "the session to be forgotten")
			dialRaw(t, addr).expectAlive()
		})
	}
}

func TestDisconnectIsNoticedThoughTheInputWaits(t *testing.T) {
	for _, how := range []string{"close", "half-close", "reset"} {
		t.Run(how, func(t *testing.T) {
			srv, addr := start(t, Config{MaxInFlight: 1})
			began := make(chan struct{}, 3)
			srv.Func("f", func(ctx context.Context, _ *Request) (any, error) {
				began <- struct{}{}
				<-ctx.Done()
				return nil, ctx.Err()
			})
			c := dialRaw(t, addr)
			c.write(append(append(call(1, "f"), call(2, "f")...), call(3, "f")...))
			<-began
			c.hangUp(how)
			reactortest.Eventually(t, func() bool { return len(srv.open()) == 0 }, "the session to be forgotten")
		})
	}
}

func TestSessionTellsWhoItIs(t *testing.T) {
	srv, addr := start(t, Config{})
	srv.Func("who", func(_ context.Context, req *Request) (any, error) {
		s := req.Session()
		return Values{s.ID(), s.Peer().String(), s.User(), s.Sync()}, nil
	})
	seen := map[uint64]bool{}
	for range 3 {
		c := dialRaw(t, addr)
		c.write(call(77, "who"))
		p := c.expectOK(77)
		var id, sync uint64
		var peer, user string
		data, _, _ := iproto.ParseData(p.body)
		a, _ := newArgs(data)
		if err := a.Decode(&id, &peer, &user, &sync); err != nil {
			t.Fatal(err)
		}
		if id == 0 || seen[id] || peer != c.LocalAddr().String() || user != "guest" || sync != 77 {
			t.Errorf("S204: session %d of %q at %s, sync %d", id, user, peer, sync)
		}
		seen[id] = true
	}
}
