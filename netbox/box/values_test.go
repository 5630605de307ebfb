package box

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

func TestS198DatetimesAsArguments(t *testing.T) {
	const zero = "0000000000000000"
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		Handle(srv, "show", func(_ context.Context, at time.Time) (string, error) { return at.Format(time.RFC3339Nano), nil })
		Handle(srv, "keep", func(_ context.Context, at time.Time) (time.Time, error) { return at, nil })
		ask := func(name, value string) reply {
			args := append([]byte{0x91}, unhex(t, value)...)
			c.write(request(iproto.TypeCall, 1, 0, iproto.Call{Name: []byte(name), Args: args}.Append))
			return c.take()
		}
		for value, want := range map[string]string{
			"d704" + zero:                               "1970-01-01T00:00:00Z",
			"d7040100000000000000":                      "1970-01-01T00:00:01Z",
			"d704ffffffffffffffff":                      "1969-12-31T23:59:59Z",
			"d804010000000000000015cd5b070000" + "0000": "1970-01-01T00:00:01.123456789Z",
			"d8049047e0650000000000000000b4000000":      "2024-02-29T12:00:00+03:00",
			"d8049047e0650000000000000000b400b303":      "2024-02-29T12:00:00+03:00", // Europe/Moscow
			"d8049047e065000000000000000030fd0000":      "2024-02-28T21:00:00-12:00", // the bounds of the offset
			"d8049047e065000000000000000048030000":      "2024-02-29T23:00:00+14:00",
		} {
			if got := fmt.Sprint(results(t, ask("show", value))); got != "["+want+"]" {
				t.Errorf("%s: got %s, want %s", value, got, want)
			}
			for _, name := range []string{"echo", "keep"} { // as it came, and by way of time.Time
				data, _, err := iproto.ParseData(ask(name, value).body)
				if err != nil || !bytes.Equal(data[5:], unhex(t, value)) {
					t.Errorf("%s of %s: got %x, %v", name, value, data, err)
				}
			}
		}
		for what, value := range map[string]string{
			"no bytes":                  "c70004",
			"four bytes":                "d60400000000",
			"nine bytes":                "c70904" + zero + "00",
			"seventeen bytes":           "c71104" + zero + zero + "00",
			"a nanosecond too many":     "d804" + zero + "00ca9a3b00000000",
			"negative nanoseconds":      "d804" + zero + "ffffffff00000000",
			"an offset below -12 hours": "d804" + zero + "000000002ffd0000",
			"an offset above 14 hours":  "d804" + zero + "0000000049030000",
			"another extension":         "d80200000000000000000000000000000000",
			"a number":                  "01",
		} {
			if e := ask("show", value).err(t); e == nil || e.Code != iproto.CodeIllegalParams {
				t.Errorf("%s: %v", what, e)
			}
			if data, _, err := iproto.ParseData(ask("echo", value).body); err != nil || !bytes.Equal(data[5:], unhex(t, value)) {
				t.Errorf("%s does not come back as it came: %x, %v", what, data, err)
			}
		}
	})
}

func TestS91PushOfWhatCanNotBeEncoded(t *testing.T) {
	deep := []any{}
	for range msgp.MaxDepth + 1 {
		deep = []any{deep}
	}
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		srv.Func("f", func(_ context.Context, req *Request) (any, error) {
			s := req.Session()
			for _, policy := range []SlowReader{Fail, Block, DropOldest, Disconnect} {
				for _, v := range []any{make(chan int), func() {}, []any{1, make(chan int)}, map[string]any{"f": func() {}}, deep,
					msgp.Raw{0xc1}, complex(1, 2)} {
					if err := s.With(policy).Push(v); err == nil || errors.Is(err, ErrRequestDone) || errors.Is(err, ErrSessionClosed) {
						t.Errorf("%v: pushing a %T: %v", policy, v, err)
					}
				}
			}
			return "goes on", s.Push("good")
		})
		c.write(call(1, "f"))
		p := c.take()
		if value, _, err := iproto.ParseChunk(p.body); p.Type != iproto.TypeChunk || err != nil || string(value) != "\xa4good" {
			t.Errorf("got %v, %v", p, err)
		}
		if got := fmt.Sprint(results(t, c.take())); got != "[goes on]" {
			t.Errorf("the answer is %s", got)
		}
		if n := srv.Stats().Pushes; n != 1 {
			t.Errorf("%d pushes were counted", n)
		}
	})
}

// The message of every error stands in both places where clients look for it.
func TestS190ErrorsHaveTextAndStack(t *testing.T) {
	allModes(t, func(t *testing.T, srv *Server, c *raw) {
		srv.Func("coded", func(context.Context, *Request) (any, error) { return nil, Errorf(4242, "mine") })
		srv.Func("wrapped", func(context.Context, *Request) (any, error) { return nil, fmt.Errorf("outer: %w", errors.New("inner")) })
		srv.Func("bare", func(context.Context, *Request) (any, error) { return nil, &iproto.Error{Code: 77, Message: "no stack"} })
		for name, tt := range map[string]struct {
			packet  []byte
			code    iproto.Code
			message string
			causes  []string
		}{
			"handler":      {call(1, "fail", "sunk"), 32, "sunk", nil},
			"panic":        {call(1, "panic", "hole"), 32, "handler panicked: hole", nil},
			"code":         {call(1, "coded"), 4242, "mine", nil},
			"causes":       {call(1, "wrapped"), 32, "outer: inner", []string{"inner"}},
			"no stack":     {call(1, "bare"), 77, "no stack", nil},
			"no function":  {call(1, "nowhere"), 33, "Procedure 'nowhere' is not defined", nil},
			"no type":      {request(99, 1, 0, nil), 48, "Unknown request type 99", nil},
			"no header":    {frame(t, "91 01"), 20, "Invalid MsgPack - packet header", nil},
			"no body":      {request(iproto.TypeID, 1, 0, nil), 20, "Invalid MsgPack - request body", nil},
			"out of place": {request(iproto.TypeBegin, 1, 0, nil), 230, "Unable to process BEGIN request out of stream", nil},
		} {
			c.write(tt.packet)
			p := c.take()
			v, _, err := msgp.Value(p.body)
			body, _ := v.(map[any]any)
			if err != nil || p.Type.Code() != tt.code || len(body) != 2 || body[int64(iproto.KeyError24)] != tt.message {
				t.Errorf("%s: %v: %v, %v", name, p, v, err)
				continue
			}
			stack := body[int64(iproto.KeyError)].(map[any]any)[int64(0)].([]any)
			messages := []any{}
			for _, e := range stack {
				frame := e.(map[any]any)
				messages = append(messages, frame[int64(3)])
				for key := range int64(6) {
					if _, there := frame[key]; !there {
						t.Errorf("%s: key %d is not in %v", name, key, frame)
					}
				}
			}
			want := []any{tt.message}
			for _, cause := range tt.causes {
				want = append(want, cause)
			}
			if fmt.Sprint(messages) != fmt.Sprint(want) {
				t.Errorf("%s: the stack says %q, want %q", name, messages, want)
			}
		}
	})
}
