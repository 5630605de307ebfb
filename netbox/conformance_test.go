package netbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/kharon-net/kharon/codec/ext"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
	"github.com/kharon-net/kharon/netbox/box"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestC027ScramblesAreThoseOfTarantool(t *testing.T) {
	counted := make([]byte, 32)
	for i := range counted {
		counted[i] = byte(i)
	}
	for name, tt := range map[string]struct {
		salt []byte
		want string
	}{
		"salt of ones": {bytes.Repeat([]byte{1}, 20), "04eca285ce66a0e05365554aaedaf99192c6223f"},
		"salt 00..1f":  {counted, "21b3ff405f32cbe4aafff291396046ea29fa3a4d"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan []byte, 1)
			addr := play(t, func(s *script) {
				g := greeting()
				line := bytes.Repeat([]byte{' '}, 63)
				base64.StdEncoding.Encode(line, tt.salt)
				copy(g[64:], line)
				s.Write(g)
				r := s.next()
				s.Write(iproto.NewError(iproto.CodeUnknownRequestType, "").AppendReply(nil, r.Sync, 1))
				r = s.next()
				if r.Type != iproto.TypeAuth {
					t.Errorf("got %v, want AUTH", r.Type)
				}
				asked <- r.body
				s.Write(framed(append(iproto.AppendReplyHeader(nil, iproto.TypeOK, r.Sync, 1), 0x80)))
				s.waitEOF()
			})
			connect(t, addr, Options{NoSchema: true, User: "alice", Password: "secret"})
			want := unhex(t, "82 23 a5 616c696365 21 92 a9 636861702d73686131 b4"+tt.want, 0)
			if got := <-asked; !bytes.Equal(got, want) {
				t.Errorf("got  % x\nwant % x", got, want)
			}
		})
	}
}

// What net.box refuses when it is called does not compile: these methods have no place for a buffer, nor for a limit.
var (
	_ func(Index, context.Context, Parts) (Tuple, error)                = Index.Get
	_ func(Index, context.Context, Parts) (Tuple, error)                = Index.Min
	_ func(Index, context.Context, Parts) (Tuple, error)                = Index.Max
	_ func(Index, context.Context, Parts, SelectOptions) (int64, error) = Index.Count
)

func TestC061OneTupleOrNumberNeedsNoBuffer(t *testing.T) {
	_, c := bands(t, Options{})
	x := c.Space("bands").Index("pk")
	buf := []byte("kept")
	for name, get := range map[string]func(Parts) (Tuple, error){
		"get": func(p Parts) (Tuple, error) { return x.Get(patience(t), p) },
		"min": func(p Parts) (Tuple, error) { return x.Min(patience(t), p) },
		"max": func(p Parts) (Tuple, error) { return x.Max(patience(t), p) },
	} {
		tuple, err := get(Key(2))
		if err != nil || tuple.Int(0) != 2 {
			t.Errorf("%s: %v, %v", name, tuple.Int(0), err)
		}
	}
	if n, err := x.Count(patience(t), Key(2), SelectOptions{}); err != nil || n != 1 {
		t.Errorf("count: %d, %v", n, err)
	}
	// Where there is a buffer it is appended to.
	buf, err := c.AppendRaw(patience(t), buf, x.SelectRequest(Key(2), SelectOptions{}))
	if want := "kept\xdd\x00\x00\x00\x01\x93\x02\xa9Scorpions\xcd\x07\xad"; err != nil || string(buf) != want {
		t.Errorf("AppendRaw: %q, %v", buf, err)
	}
}

func TestC078TimeoutsThatAreOverBeforeTheyBegin(t *testing.T) {
	_, c := tarantool(t)
	_, err := c.Eval(patience(t), "local gate = require('fiber').channel(1) function hold() return gate:get() end function release() gate:put(7) end")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{-time.Second, -1, 0} {
		if _, err := c.WithTimeout(d).Call(context.Background(), "hold"); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v: got %v", d, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		f := c.Send(Call("hold"))
		if _, err := f.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: Wait gave %v", d, err)
		}
		for range 2 { // that of the call before, whose answer nobody waits for, and this one
			if _, err := c.Call(patience(t), "release"); err != nil {
				t.Fatal(err)
			}
		}
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != 7 {
			t.Errorf("%v: %d, %v, after the wait was given up", d, r.Int(0), err)
		}
	}
	if err := c.Ping(patience(t)); err != nil {
		t.Errorf("the connection has suffered: %v", err)
	}
}

func TestC084FuturesAreTheCallersToMark(t *testing.T) {
	// Lua has fields of the user's own in futures; in Go a future is the key of whatever belongs to it.
	c := connect(t, boxServer(t).String(), Options{})
	belongs := map[*Future]int64{}
	for i := range int64(100) {
		belongs[c.Send(Call("echo", i))] = i
	}
	if len(belongs) != 100 {
		t.Fatalf("%d futures, want 100", len(belongs))
	}
	for f, want := range belongs {
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != want {
			t.Errorf("got %d, %v, want %d", r.Int(0), err, want)
		}
	}
}

// The malformed requests that are counted: a header that is no map, one cut short, a body that is no map, and one with a
// wrong type.
var malformed = []string{"93 01 02 03", "82 00", "82 01 01 00 01 93 01 02 03", "82 01 02 00 01 81 10 a1 61"}

func TestC196MalformedRequestsAreCounted(t *testing.T) {
	t.Run("Tarantool", func(t *testing.T) {
		srv, c := tarantool(t)
		errorsOf := func() int64 {
			r, err := c.Eval(patience(t), "return box.stat.ERROR.total")
			if err != nil {
				t.Fatal(err)
			}
			return r.Int(0)
		}
		before := errorsOf()
		sendMalformed(t, srv.Addr)
		if n := errorsOf() - before; n != int64(len(malformed)) {
			t.Errorf("%d errors were counted, want %d", n, len(malformed))
		}
	})
	t.Run("box", func(t *testing.T) {
		srv, err := box.New(box.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { srv.Close() })
		addr, err := srv.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		sendMalformed(t, addr.String())
		if s := srv.Stats(); s.Errors != uint64(len(malformed)) || s.Requests != uint64(len(malformed)) {
			t.Errorf("%d errors in %d requests were counted, want %d", s.Errors, s.Requests, len(malformed))
		}
	})
}

// sendMalformed sends them and waits for their answers, errors of the code 20 or 69 all.
func sendMalformed(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(reactortest.Patience))
	if _, err := io.CopyN(io.Discard, conn, iproto.GreetingSize); err != nil {
		t.Fatal(err)
	}
	s := &script{conn.(*net.TCPConn), t}
	for _, packet := range malformed {
		s.Write(framed(unhex(t, packet, 0)))
		if r := s.next(); !r.Type.IsError() || r.Type.Code() != iproto.CodeInvalidMsgPack && r.Type.Code() != iproto.CodeMissingRequestField {
			t.Errorf("% s: answer %v", packet, r.Type)
		}
	}
}

func TestC198DatetimesInAllForms(t *testing.T) {
	moscow := time.FixedZone("Europe/Moscow", 3*3600)
	for _, tt := range []struct {
		name, bytes string
		want        time.Time // zero: it is refused
	}{
		{"8 bytes", "d7 04 0100000000000000", time.Unix(1, 0)},
		{"8 bytes, before 1970", "d7 04 ffffffffffffffff", time.Unix(-1, 0)},
		{"16 bytes, nanoseconds", "d8 04 0100000000000000 15cd5b07 0000 0000", time.Unix(1, 123456789)},
		{"16 bytes, offset", "d8 04 9047e06500000000 00000000 b400 0000", time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("", 3*3600))},
		{"16 bytes, zone", "d8 04 9047e06500000000 00000000 b400 b303", time.Date(2024, 2, 29, 12, 0, 0, 0, moscow)},
		{"ext8 of 8 bytes", "c7 08 04 0100000000000000", time.Unix(1, 0)},
		{"first offset", "d8 04 0000000000000000 00000000 30fd 0000", time.Unix(0, 0).In(time.FixedZone("", -12*3600))},
		{"last offset", "d8 04 0000000000000000 00000000 4803 0000", time.Unix(0, 0).In(time.FixedZone("", 14*3600))},
		{"last nanosecond", "d8 04 0000000000000000 ffc99a3b 0000 0000", time.Unix(0, 999_999_999)},
		{"offset too low", "d8 04 0000000000000000 00000000 2ffd 0000", time.Time{}},
		{"offset too high", "d8 04 0000000000000000 00000000 4903 0000", time.Time{}},
		{"a nanosecond too many", "d8 04 0000000000000000 00ca9a3b 0000 0000", time.Time{}},
		{"7 bytes", "c7 07 04 01000000000000", time.Time{}},
		{"9 bytes", "c7 09 04 010000000000000000", time.Time{}},
		{"12 bytes", "c7 0c 04 0100000000000000 00000000", time.Time{}},
		{"17 bytes", "c7 11 04 0100000000000000 15cd5b07 0000 0000 00", time.Time{}},
		{"nothing", "c7 00 04", time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			value := unhex(t, tt.bytes, 0)
			sent := make(chan []byte, 1)
			c := connectTo(t, func(s *script) {
				answer := func(r request) {
					p := append(iproto.AppendReplyHeader(nil, iproto.TypeOK, r.Sync, 1), 0x81, 0x30, 0x91)
					s.Write(framed(append(p, value...)))
				}
				answer(s.next())
				r := s.next()
				answer(r)
				sent <- r.body
			})
			got, err := CallAs[time.Time](patience(t), c, "f")
			if tt.want.IsZero() {
				r, e := c.Call(patience(t), "f")
				values, _ := r.Values()
				if x, isRaw := values[0].(msgp.Ext); err == nil || e != nil || !isRaw || x.Type != ext.TypeDatetime {
					t.Errorf("got %v, %v; as any value %v, %v", got, err, values, e)
				}
				return
			}
			_, offset := got.Zone()
			_, wanted := tt.want.UTC().In(tt.want.Location()).Zone()
			if tt.want.Location() == time.Local {
				wanted = 0
			}
			if err != nil || !got.Equal(tt.want) || offset != wanted {
				t.Fatalf("got %v, %v, want %v", got, err, tt.want)
			}
			if _, err := c.Call(patience(t), "f", got); err != nil {
				t.Fatal(err)
			}
			if back := <-sent; tt.name[:3] != "ext" && !bytes.HasSuffix(back, append([]byte{0x91}, value...)) {
				t.Errorf("sent back % x, want % x", back, value)
			}
		})
	}
}

func TestC215FramesOfARequest(t *testing.T) {
	want := unhex(t, "ce0000000f 82 00 02 01 7b 82 10 cd0200 21 93010203", 0)
	h, n, err := iproto.ParseHeader(want[5:])
	if err != nil || h.Type != iproto.TypeInsert || h.Sync != 123 {
		t.Errorf("the header is %+v, %v", h, err)
	}
	c := connectTo(t, func(s *script) {
		r := s.next()
		if r.Type != h.Type || !bytes.Equal(r.body, want[5+n:]) {
			t.Errorf("%v % x, want % x", r.Type, r.body, want[5+n:])
		}
		s.ok(r.Sync)
	})
	if _, err := c.SpaceByID(512).Insert(patience(t), []any{1, 2, 3}); err != nil {
		t.Error(err)
	}
}

func TestC215FramesThatAreNotWholeYet(t *testing.T) {
	for prefix, more := range map[string]int{"": 1, "ce": 4, "ce0000": 2, "05": 5, "ce0000000581": 4} {
		b := append(unhex(t, prefix, 0), make([]byte, more)...)
		for _, missing := range []int{more, 1, 0} {
			have := b[:len(b)-missing]
			size, n, err := iproto.ParseFrameLength(have, 0)
			if whole := n > 0 && n+int(size) <= len(have); err != nil || whole != (missing == 0) {
				t.Errorf("%q and %d of the %d bytes it lacks: whole is %v, %v", prefix, more-missing, more, whole, err)
			}
		}
	}
	// The client waits for the rest, however little there is of an answer.
	for _, cut := range []int{1, 3, 5, 6, 20} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			looked := make(chan struct{}, 100)
			trace := &Trace{Received: func(int) { looked <- struct{}{} }}
			c := connect(t, play(t, func(s *script) {
				s.introduce()
				r := s.next()
				for len(looked) > 0 {
					<-looked
				}
				frame := okFrame(r.Sync, 7)
				s.Write(frame[:cut])
				<-looked // it was looked at, and is no answer
				s.Write(frame[cut:])
				s.waitEOF()
			}), Options{NoSchema: true, Trace: trace})
			if r, err := c.Call(patience(t), "f"); err != nil || r.Int(0) != 7 {
				t.Errorf("got %d, %v", r.Int(0), err)
			}
		})
	}
}

func TestC215FramesThatAreNone(t *testing.T) {
	for _, bytes := range []string{"00 00", "ff", "80", "01c1", "0281c0", "0781c0c081c0c0c0"} {
		t.Run(bytes, func(t *testing.T) {
			c := connectTo(t, func(s *script) {
				s.next()
				s.Write(unhex(t, bytes, 0))
			})
			_, err := c.Call(patience(t), "f")
			var lost *ConnError
			var bad *FrameError
			if !errors.As(err, &lost) || !lost.Sent || !errors.As(err, &bad) || bad.Offset < iproto.GreetingSize {
				t.Errorf("got %v", err)
			}
		})
	}
}
