package box

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kharon-net/kharon/codec/iproto"
	"github.com/kharon-net/kharon/codec/msgp"
)

func TestGreeting(t *testing.T) {
	_, addr := start(t, Config{})
	a, b := dialRaw(t, addr), dialRaw(t, addr)
	t.Run("S1 salt of 32 bytes, another one for each connection", func(t *testing.T) {
		if len(a.greeting.Salt) != 32 || bytes.Equal(a.greeting.Salt, b.greeting.Salt) {
			t.Errorf("salts %x and %x", a.greeting.Salt, b.greeting.Salt)
		}
		if a.greeting.UUID != b.greeting.UUID || a.greeting.Version != "3.3.0" {
			t.Errorf("greetings %+v and %+v", a.greeting, b.greeting)
		}
	})
}

func TestLengthPrefixInEveryWidth(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	for i, prefix := range []string{"05", "cc05", "cd0005", "ce00000005", "cf0000000000000005"} {
		t.Run("S6 "+prefix, func(t *testing.T) {
			c.send(fmt.Sprintf("%s 82 00 40 01 %02x", prefix, i))
			c.expectOK(uint64(i))
		})
	}
}

func TestLengthThatIsNoneEndsTheConnection(t *testing.T) {
	_, addr := start(t, Config{})
	for _, tt := range []struct{ name, bytes string }{
		{"S7 map", "80 00 00 00 00"},
		{"S7 negative", "d2 ff ff ff ff"},
		{"S7 nil", "c0"},
		{"S7 string", "a3 61 62 63"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dialRaw(t, addr)
			c.send(tt.bytes)
			c.expectError(0, iproto.CodeInvalidMsgPack, "Invalid MsgPack - packet length")
			c.expectEOF()
		})
	}
}

func TestGoodRequestsBeforeABadLengthAreAnswered(t *testing.T) {
	_, addr := start(t, Config{Mode: Inline})
	c := dialRaw(t, addr)
	c.write(append(iproto.AppendPing(nil, 1, 0), 0xc0))
	c.expectOK(1)
	c.expectError(0, iproto.CodeInvalidMsgPack, "Invalid MsgPack - packet length")
	c.expectEOF()
}

func TestTooLongAPacketEndsTheConnection(t *testing.T) {
	for _, tt := range []struct {
		name, bytes, size string
		limit             uint64
	}{
		{"2 GiB and 1", "ce 80000001 82", "2147483649", 0},
		{"more than 4 GiB", "cf 0000000100000000 82", "4294967296", 0},
		{"all that 64 bits hold", "cf ffffffffffffffff 82", "18446744073709551615", 0},
		{"above the configured limit", "cd 0401 82", "1025", 1024},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, addr := start(t, Config{MaxPacket: tt.limit})
			c := dialRaw(t, addr)
			c.send(tt.bytes)
			c.expectError(0, iproto.CodeInvalidMsgPack, "Invalid MsgPack - too big packet size in the header: "+tt.size)
			c.expectEOF()
		})
	}
}

func TestMalformedPacketsLeaveTheConnection(t *testing.T) {
	_, addr := start(t, Config{})
	const badHeader, badBody = "Invalid MsgPack - packet header", "Invalid MsgPack - packet body"
	for _, tt := range []struct {
		name, packet string
		sync         uint64
		code         iproto.Code
		message      string
	}{
		{"S9 empty frame", "", 0, 20, badHeader},
		{"S10 header is an array", "90", 0, 20, badHeader},
		{"S10 header is a string", "a3616263", 0, 20, badHeader},
		{"S10 header is cut", "82 00 40 01", 0, 20, badHeader},
		{"S10 header is illegal", "c1", 0, 20, badHeader},
		{"type is a string", "82 01 05 00 a140", 5, 20, badHeader},
		{"sync is a string", "82 00 40 01 a131", 0, 20, badHeader},
		{"key is a string", "82 01 06 a161 40", 6, 20, badHeader},
		{"reserved key is used", "83 01 07 00 40 0c 01", 7, 20, badHeader},
		{"S12 junk behind the body", "82 01 08 00 40 80 80", 8, 20, badBody},
		{"CALL: junk behind the body", "82 01 08 00 0a 82 22 a161 21 90 c0", 8, 20, badBody},
		{"CALL: body is an array", "82 01 09 00 0a 90", 9, 20, badBody},
		{"CALL: body is cut", "82 01 09 00 0a 82 22 a161 21", 9, 20, badBody},
		{"CALL: no body", "82 01 0a 00 0a", 10, 20, "Invalid MsgPack - missing request body"},
		{"CALL: name is an int", "82 01 0b 00 0a 82 22 01 21 90", 11, 20, badBody},
		{"CALL: arguments are a map", "82 01 0b 00 0a 82 22 a161 21 80", 11, 20, badBody},
		{"CALL: no name", "82 01 0c 00 0a 81 21 90", 12, 69, "Missing mandatory field 'FUNCTION_NAME' in request"},
		{"EVAL: no expression", "82 01 0d 00 08 81 21 90", 13, 69, "Missing mandatory field 'EXPR' in request"},
		{"SELECT: no space", "82 01 0e 00 01 80", 14, 69, "Missing mandatory field 'SPACE_ID' in request"},
		{"S21 ID: no body", "82 01 0f 00 49", 15, 20, "Invalid MsgPack - request body"},
		{"S21 ID: body is an int", "82 01 10 00 49 01", 16, 20, "Invalid MsgPack - packet body"},
		{"S21 ID: version is a string", "82 01 11 00 49 81 54 a131", 17, 20, "Invalid MsgPack - request body"},
		{"S21 ID: features are a map", "82 01 12 00 49 81 55 80", 18, 20, "Invalid MsgPack - request body"},
		{"type 0", "82 01 13 00 00", 19, 48, "Unknown request type 0"},
		{"no type", "81 01 14", 20, 48, "Unknown request type 0"},
		{"NOP", "82 01 15 00 0c", 21, 48, "Unknown request type 12"},
		{"NOP with a body", "82 01 16 00 0c 80", 22, 20, "Invalid MsgPack - junk after packet body"},
		{"type 18", "82 01 17 00 12", 23, 48, "Unknown request type 18"},
		{"EVENT", "82 01 18 00 4c", 24, 48, "Unknown request type 76"},
		{"CHUNK", "82 01 19 00 cc80", 25, 48, "Unknown request type 128"},
		{"type 999", "82 01 1a 00 cd03e7", 26, 48, "Unknown request type 999"},
		{"other schema version", "83 01 1b 00 40 05 07", 27, 109, "Wrong schema version, current: 1, in request: 7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dialRaw(t, addr)
			c.write(frame(t, tt.packet))
			c.expectError(tt.sync, tt.code, tt.message)
			c.expectAlive()
		})
	}
}

func TestJunkIsTheCause(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	c.write(frame(t, "82 01 01 00 40 80 80"))
	e := c.expectError(1, iproto.CodeInvalidMsgPack, "Invalid MsgPack - packet body")
	if len(e.Stack) != 2 || e.Stack[1].Message != "Invalid MsgPack - junk after input" {
		t.Errorf("S12: stack %+v", e.Stack)
	}
}

func TestOddButLegalRequests(t *testing.T) {
	_, addr := start(t, Config{})
	for _, tt := range []struct {
		name, packet string
		sync         uint64
	}{
		{"S19 no sync", "81 00 40", 0},
		{"S20 PING with an int", "82 01 01 00 40 07", 1},
		{"largest sync", "82 01 cfffffffffffffffff 00 40", 1<<64 - 1},
		{"schema version 0", "83 01 02 00 40 05 00", 2},
		{"schema version of the answers", "83 01 02 00 40 05 01", 2},
		{"unknown header key", "83 01 03 00 40 70 a178", 3},
		{"CALL without arguments", "82 01 04 00 0a 81 22 a46563686f", 4},
		{"CALL with unknown body keys", "82 01 05 00 0a 83 22 a46563686f 21 90 cc90 80", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dialRaw(t, addr)
			c.write(frame(t, tt.packet))
			c.expectOK(tt.sync)
			c.expectAlive()
		})
	}
}

func TestRepliesHaveTheFormOfTarantool(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	for _, tt := range []struct{ name, packet, want string }{
		{"S15 PING", "82 01 01 00 40",
			"ce0000001c 83 00ce00000000 01cf0000000000000001 05cf0000000000000001 80"},
		{"S15 CALL", "82 01 02 00 0a 82 22 a46563686f 21 93 01 c0 03",
			"ce00000025 83 00ce00000000 01cf0000000000000002 05cf0000000000000001 81 30 dd00000003 01 c0 03"},
		{"S15 CALL_16", "82 01 03 00 06 82 22 a46563686f 21 94 01 c0 03 91 04",
			"ce0000002a 83 00ce00000000 01cf0000000000000003 05cf0000000000000001 81 30 dd00000004 91 01 91 c0 91 03 91 04"},
		{"S21 ID", "82 01 04 00 49 82 54 0a 55 90",
			"ce00000031 83 00ce00000000 01cf0000000000000004 05cf0000000000000001 83 54 0a 55 96 00 02 03 06 08 09 5b a9 636861702d73686131"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.write(frame(t, tt.packet))
			if got, want := c.take().frame, unhex(t, tt.want); !bytes.Equal(got, want) {
				t.Errorf("got\n%x, want\n%x", got, want)
			}
		})
	}
}

func TestSameSyncTwice(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	c.write(append(frame(t, "82 01 07 00 40"), frame(t, "82 01 07 00 0a 81 22 a36e6f70")...))
	t.Run("S18 both are answered", func(t *testing.T) {
		c.expectOK(7)
		c.expectOK(7)
	})
}

func TestManyPingsInOneSegment(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	var out []byte
	for i := range 1000 {
		out = iproto.AppendPing(out, uint64(i), 0)
	}
	c.write(out)
	t.Run("S17 all answered in order", func(t *testing.T) {
		for i := range 1000 {
			c.expectOK(uint64(i))
		}
	})
}

func TestRequestCutAtEveryByte(t *testing.T) {
	_, addr := start(t, Config{})
	c := dialRaw(t, addr)
	var out []byte
	out = iproto.AppendPing(out, 1, 0)
	out = append(out, frame(t, "82 01 02 00 0a 82 22 a46563686f 21 91 a5 68656c6c6f")...)
	t.Run("S17 in two pieces", func(t *testing.T) {
		for cut := 1; cut < len(out); cut++ {
			c.write(out[:cut])
			c.write(out[cut:])
			c.expectOK(1)
			c.expectOK(2)
		}
	})
	t.Run("S17 byte by byte", func(t *testing.T) {
		for i := range out {
			c.write(out[i : i+1])
		}
		c.expectOK(1)
		if p := c.expectOK(2); !bytes.HasSuffix(p.body, []byte("hello")) {
			t.Errorf("got %v", p)
		}
	})
}

func TestLargeRequestAndAnswer(t *testing.T) {
	for _, mode := range []Mode{Goroutine, Fiber, Inline} {
		_, addr := start(t, Config{Mode: mode})
		c := dialRaw(t, addr)
		text := bytes.Repeat([]byte("0123456789abcdef"), 20<<16)
		args := msgp.AppendStringBytes([]byte{0x91}, text)
		out, mark := iproto.BeginFrame(nil)
		out = iproto.AppendRequestHeader(out, iproto.TypeCall, 9, 0)
		out = iproto.EndFrame(append(iproto.AppendCallHead(out, "echo"), args...), mark)
		go c.Write(out)
		if p := c.expectOK(9); !bytes.HasSuffix(p.body, text) {
			t.Errorf("mode %d: %d bytes came back changed", mode, len(text))
		}
	}
}

func TestS7TheErrorIsReadThoughMuchFollowsTheBadLength(t *testing.T) {
	_, addr := start(t, Config{})
	junk := bytes.Repeat([]byte{0xc0}, 1<<20)
	for range 20 {
		c := dialRaw(t, addr)
		go c.Write(junk)
		c.expectError(0, iproto.CodeInvalidMsgPack, "Invalid MsgPack - packet length")
		c.expectEOF()
	}
}
