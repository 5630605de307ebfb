package netbox

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kharon-net/kharon/codec"
	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

// connectTo connects to a script that is played after the introduction. At its end it waits until the client closes.
func connectTo(t testing.TB, f func(s *script)) *Conn {
	t.Helper()
	return connect(t, play(t, func(s *script) {
		s.introduce()
		f(s)
		s.waitEOF()
	}), Options{NoSchema: true})
}

func TestAnswersInEveryForm(t *testing.T) {
	for _, tt := range []struct{ name, frame string }{
		{"usual", "ce 0000000f 82 00 00 01 SS 81 30 91 07"},
		{"keys in another order", "ce 0000000f 82 01 SS 00 00 81 30 91 07"},
		{"wide integers", "ce 00000025 83 cc00 cf0000000000000000 cd0001 cf00000000SS 05 cf0000000000000056 81 cc30 dd00000001 cc07"},
		{"more header keys", "ce 00000014 84 05 07 70 a178 00 00 01 SS 81 30 91 07"},
		{"more body keys", "ce 00000013 82 00 00 01 SS 83 30 91 07 60 80 70 c0"},
		{"fixint length", "0f 82 00 00 01 SS 81 30 91 07"},
		{"uint8 length", "cc 0f 82 00 00 01 SS 81 30 91 07"},
		{"uint64 length", "cf 000000000000000f 82 00 00 01 SS 81 30 91 07"},
	} {
		t.Run("C14 "+tt.name, func(t *testing.T) {
			c := connectTo(t, func(s *script) {
				r := s.next()
				if r.Sync < 1<<16 || r.Sync >= 1<<32 {
					t.Errorf("the scripts count on 5 bytes for sync %d", r.Sync)
				}
				p := unhex(t, tt.frame, r.Sync)
				if tt.name == "wide integers" { // SS is ce and four bytes there
					p = wideAnswer(r.Sync)
				} else if _, n, _ := iproto.ParseFrameLength(p, 0); n > 0 {
					p = relength(p, n)
				}
				s.Write(p)
			})
			r, err := c.Call(patience(t), "f")
			if err != nil || r.Len() != 1 || r.Int(0) != 7 {
				t.Errorf("got %d values, %v", r.Len(), err)
			}
		})
	}
}

// wideAnswer is an answer in which every number is wider than need be.
func wideAnswer(sync uint64) []byte {
	b, mark := iproto.BeginFrame(nil)
	b = append(b, 0x83, 0xcc, 0, 0xcf, 0, 0, 0, 0, 0, 0, 0, 0, 0xcd, 0, 1, 0xcf, 0, 0, 0, 0,
		byte(sync>>24), byte(sync>>16), byte(sync>>8), byte(sync), 5, 0xcc, 1)
	return iproto.EndFrame(append(b, 0x81, 0xcc, 0x30, 0xdd, 0, 0, 0, 1, 0xcc, 7), mark)
}

// relength corrects the length in the n bytes before a packet, whose last byte has it.
func relength(p []byte, n int) []byte {
	p[n-1] = byte(len(p) - n)
	return p
}

func TestAnswersByteByByte(t *testing.T) {
	c := connectTo(t, func(s *script) {
		for _, b := range append(okFrame(s.next().Sync, 1), okFrame(s.next().Sync, 2)...) {
			s.Write([]byte{b})
		}
	})
	a, b := c.Send(Call("a")), c.Send(Call("b"))
	for i, f := range []*Future{a, b} {
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != int64(i+1) {
			t.Errorf("got %d, %v", r.Int(0), err)
		}
	}
}

func TestAnswersOutOfOrder(t *testing.T) {
	const n = 100
	c := connectTo(t, func(s *script) {
		var out []byte
		for i := range n {
			out = append(okFrame(s.next().Sync, byte(i)), out...)
		}
		s.Write(out)
	})
	var futures []*Future
	for range n {
		futures = append(futures, c.Send(Call("f")))
	}
	for i, f := range futures {
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != int64(i) {
			t.Fatalf("request %d: got %d, %v", i, r.Int(0), err)
		}
	}
}

func TestFramesThatEndTheConnection(t *testing.T) {
	for _, tt := range []struct {
		name, bytes string
		is          error
	}{
		{"C16 garbage", "ce00000003 c1c1c1", iproto.CodeInvalidMsgPack},
		{"no length", "c0", iproto.ErrFrameLength},
		{"header is an array", "01 90", iproto.CodeInvalidMsgPack},
		{"empty frame", "ce00000000", iproto.CodeInvalidMsgPack},
		{"longer than MaxPacket", "ce 00010001", codec.ErrTooLong},
		{"2 to the 64", "cf ffffffffffffffff", codec.ErrTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := play(t, func(s *script) {
				s.introduce()
				first := s.next()
				s.next()
				s.Write(append(okFrame(first.Sync, 1), unhex(t, tt.bytes, 0)...))
				s.waitEOF()
			})
			c := connect(t, addr, Options{NoSchema: true, MaxPacket: 1 << 16})
			a, b := c.Send(Call("a")), c.Send(Call("b"))
			if _, err := a.Wait(patience(t)); err != nil {
				t.Errorf("the answer before it: %v", err)
			}
			_, err := b.Wait(patience(t))
			var conn *ConnError
			var bad *FrameError
			if !errors.As(err, &conn) || !conn.Sent || !errors.As(err, &bad) || !errors.Is(err, tt.is) || SafeToRetry(err) {
				t.Fatalf("got %v", err)
			}
			if want := 128 + uint64(len(unknownID)) + uint64(len(okFrame(1, 1))); bad.Offset != want {
				t.Errorf("offset %d, want %d", bad.Offset, want)
			}
			<-c.Done()
			if !errors.Is(c.Err(), tt.is) {
				t.Errorf("Err: %v", c.Err())
			}
			if err := c.Ping(patience(t)); !errors.As(err, &conn) || conn.Sent || !SafeToRetry(err) {
				t.Errorf("later: %v", err)
			}
		})
	}
}

// unknownID is what introduce answers.
var unknownID = iproto.NewError(iproto.CodeUnknownRequestType, "Unknown request type 73").AppendReply(nil, 1, 1)

func TestPacketsNobodyWaitsForAreDropped(t *testing.T) {
	c := connectTo(t, func(s *script) {
		for range 3 {
			r := s.next()
			s.Write(okFrame(r.Sync+1<<slotBits, 1)) // a later use of the slot
			s.Write(okFrame(r.Sync+1, 1))           // another slot
			s.Write(okFrame(1<<63, 1))
			s.Write(okFrame(0, 1))
			s.Write(iproto.AppendChunk(nil, r.Sync+1, 1, []byte{9}))
			s.Write(framed(unhex(t, "82 00 4c 01 SS 81 57 a16b", r.Sync))) // an EVENT
			s.Write(framed(unhex(t, "82 00 cc99 01 SS 80", r.Sync)))       // C214: of a type nobody knows
			s.ok(r.Sync, 7)
			s.ok(r.Sync, 8)                                        // twice
			s.Write(iproto.AppendChunk(nil, r.Sync, 1, []byte{9})) // after the answer
			s.Write(iproto.NewError(1, "x").AppendReply(nil, r.Sync, 1))
		}
	})
	for range 3 {
		f := c.Send(Call("f"))
		if r, err := f.Wait(patience(t)); err != nil || r.Int(0) != 7 {
			t.Errorf("C98: got %d, %v", r.Int(0), err)
		}
		for v, err := range f.Pushes(patience(t)) {
			t.Errorf("C98: push %x, %v", v, err)
		}
	}
	if used := c.link.slots.taken(); used != 0 {
		t.Errorf("%d slots are taken", used)
	}
}

func TestBodiesOfAnswers(t *testing.T) {
	ok := "82 00 00 01 SS "
	failed := "82 00 cd8020 01 SS "
	for _, tt := range []struct {
		name, packet string
		values       int
		code         iproto.Code
		message      string
	}{
		{"C72 no body", ok, 0, 0, ""},
		{"C72 no DATA", ok + "80", 0, 0, ""},
		{"nothing", ok + "81 30 90", 0, 0, ""},
		{"nil in the middle", ok + "81 30 93 01 c0 03", 3, 0, ""},
		{"error without a body", failed, 0, 32, ""},
		{"C190 message only", failed + "81 31 a3626164", 0, 32, "bad"},
		{"C190 stack only", failed + "81 52 81 00 91 83 00 a141 01 a0 03 a3626164", 0, 32, "bad"},
		{"C190 the stack wins", failed + "82 31 a161 52 81 00 91 83 00 a141 01 a0 03 a3626164", 0, 32, "bad"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := connectTo(t, func(s *script) {
				s.Write(framed(unhex(t, tt.packet, s.next().Sync)))
				s.ok(s.next().Sync)
			})
			r, err := c.Call(patience(t), "f")
			var e *Error
			switch {
			case tt.code == 0 && (err != nil || r.Len() != tt.values):
				t.Errorf("got %d values, %v", r.Len(), err)
			case tt.code != 0 && (!errors.As(err, &e) || e.Code != tt.code || e.Message != tt.message || SafeToRetry(err)):
				t.Errorf("got %v", err)
			}
			if err := c.Ping(patience(t)); err != nil {
				t.Errorf("later: %v", err)
			}
		})
	}
}

func TestAnswerThatCanNotBeReadFailsItsRequestOnly(t *testing.T) {
	for _, body := range []string{"81 30 01", "81 30 92 01", "90", "c1"} {
		c := connectTo(t, func(s *script) {
			s.Write(framed(unhex(t, "82 00 00 01 SS"+body, s.next().Sync)))
			s.ok(s.next().Sync)
		})
		var packet *iproto.PacketError
		if _, err := c.Call(patience(t), "f"); !errors.As(err, &packet) {
			t.Errorf("%s: got %v", body, err)
		}
		if err := c.Ping(patience(t)); err != nil {
			t.Errorf("%s: later: %v", body, err)
		}
	}
}

func TestLateAnswerIsDropped(t *testing.T) {
	c := connectTo(t, func(s *script) {
		first := s.next()
		second := s.next() // the first caller has given up by now
		s.ok(first.Sync, 1)
		s.ok(second.Sync, 2)
		s.ok(s.next().Sync, 3)
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("changed my mind")
	gaveUp := make(chan error, 1)
	go func() {
		_, err := c.Call(ctx, "slow")
		gaveUp <- err
	}()
	cancel(cause)
	if err := <-gaveUp; !errors.Is(err, cause) {
		t.Errorf("C104: got %v", err)
	}
	for want := range int64(2) {
		if r, err := c.Call(patience(t), "f"); err != nil || r.Int(0) != want+2 {
			t.Errorf("C104: got %d, %v, want %d", r.Int(0), err, want+2)
		}
	}
}

func TestWaitAgainAfterGivingUp(t *testing.T) {
	gate := make(chan struct{})
	c := connectTo(t, func(s *script) {
		r := s.next()
		<-gate
		s.ok(r.Sync, 7)
	})
	f := c.Send(Call("slow"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Wait(ctx); !errors.Is(err, context.Canceled) || f.Ready() {
		t.Errorf("C77: got %v", err)
	}
	waiters := make(chan error, 10)
	for range cap(waiters) {
		go func() {
			r, err := f.Wait(patience(t))
			if err == nil && r.Int(0) != 7 {
				err = fmt.Errorf("got %d", r.Int(0))
			}
			waiters <- err
		}()
	}
	close(gate)
	for range cap(waiters) {
		if err := <-waiters; err != nil {
			t.Errorf("C83: %v", err)
		}
	}
	<-f.Done()
}

func TestRequestsThatCanNotBeEncoded(t *testing.T) {
	c := connectTo(t, func(s *script) {
		r := s.next()
		if call, _, err := iproto.ParseCall(r.body); err != nil || string(call.Name) != "good" {
			t.Errorf("got %v %q %v", r.Type, call.Name, err)
		}
		s.ok(r.Sync, 7)
	})
	for name, req := range map[string]Request{
		"channel":         Call("f", make(chan int)),
		"C68 raw scalar":  CallRaw("f", []byte{0x01}),
		"C68 raw nothing": CallRaw("f", []byte{}),
		"bad raw value":   Call("f", msgp.Raw{0x92}),
	} {
		if _, err := c.Do(patience(t), req); err == nil || !SafeToRetry(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := c.Do(patience(t), CallRaw("good", []byte{0x91, 1})); err != nil {
		t.Error(err)
	}
	if used := c.link.slots.taken(); used != 0 {
		t.Errorf("%d slots are taken", used)
	}
}
