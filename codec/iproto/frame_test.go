package iproto

import (
	"bytes"
	"errors"
	"testing"

	"github.com/kharon-net/kharon/codec"
)

func TestParseFrameLength(t *testing.T) {
	for _, s := range []string{"05", "cc 05", "cd 0005", "ce 00000005", "cf 0000000000000005"} {
		b := unhex(t, s)
		if size, n, err := ParseFrameLength(append(b, 1, 2, 3, 4, 5), 0); size != 5 || n != len(b) || err != nil {
			t.Errorf("%s: %d, %d, %v", s, size, n, err)
		}
		for cut := range b {
			if size, n, err := ParseFrameLength(b[:cut], 0); size != 0 || n != 0 || err != nil {
				t.Errorf("%s cut to %d: %d, %d, %v", s, cut, size, n, err)
			}
		}
	}
}

func TestParseFrameLengthRefusesWhatIsNone(t *testing.T) {
	for _, s := range []string{"80", "a3 61626300", "c0", "ff", "c1", "d0 05 000000", "cb 3ff8000000000000", "90"} {
		_, n, err := ParseFrameLength(unhex(t, s), 0)
		if !errors.Is(err, ErrFrameLength) || n != 0 || ReplyTo(err).Message != "Invalid MsgPack - packet length" {
			t.Errorf("%s: %d, %v", s, n, err)
		}
	}
}

func TestParseFrameLengthKeepsTheLimit(t *testing.T) {
	for _, tt := range []struct {
		hex   string
		limit uint64
		ok    bool
	}{
		{"05", 5, true}, {"06", 5, false}, {"ce 80000000", 0, true}, {"ce 80000001", 0, false},
		{"cf ffffffffffffffff", 0, false}, {"cf ffffffffffffffff", 1<<64 - 1, true},
	} {
		size, n, err := ParseFrameLength(unhex(t, tt.hex), tt.limit)
		var large *FrameTooLargeError
		if tt.ok && (err != nil || n == 0) || !tt.ok && (!errors.As(err, &large) || !errors.Is(err, codec.ErrTooLong) || n != 0) {
			t.Errorf("%s, limit %d: %d, %d, %v", tt.hex, tt.limit, size, n, err)
		}
	}
	_, _, err := ParseFrameLength(unhex(t, "ce ffffffff"), 0)
	if got, want := err.Error(), "iproto: frame of 4294967295 bytes, limit 2147483648"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := ReplyTo(err).Message, "Invalid MsgPack - too big packet size in the header: 4294967295"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFramesStandBehindEachOther(t *testing.T) {
	dst, mark := BeginFrame([]byte("before"))
	dst = EndFrame(append(dst, "packet"...), mark)
	dst, mark = BeginFrame(dst)
	dst = EndFrame(dst, mark)
	if want := "before\xce\x00\x00\x00\x06packet\xce\x00\x00\x00\x00"; string(dst) != want {
		t.Errorf("got %q, want %q", dst, want)
	}
	for _, mark := range []int{-1, 0, 4, len(dst) + 1} {
		if got := EndFrame(dst, mark); !bytes.Equal(got, dst) {
			t.Errorf("mark %d changed the frame", mark)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	for i, r := range transcripts(f) {
		if r.kind == "raw" || i%50 == 0 {
			f.Add(r.data, uint64(0))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, limit uint64) {
		size, n, err := ParseFrameLength(b, limit)
		if n > len(b) || n > 9 || err != nil && (n != 0 || size != 0) {
			t.Fatalf("%d, %d, %v", size, n, err)
		}
		if err != nil && ReplyTo(err) == nil {
			t.Fatalf("no reply to %v", err)
		}
		dst, mark := BeginFrame(nil)
		dst = EndFrame(append(dst, b...), mark)
		if size, n, err := ParseFrameLength(dst, 0); err != nil || !bytes.Equal(dst[n:][:size], b) {
			t.Fatalf("%d, %d, %v", size, n, err)
		}
	})
}

func TestCloseFrameTakesBackWhatIsTooLarge(t *testing.T) {
	before := AppendPing(nil, 1, 0)
	for _, tt := range []struct {
		size, limit int
		fits        bool
	}{{10, 10, true}, {11, 10, false}, {100, 0, true}} {
		dst, mark := BeginFrame(bytes.Clone(before))
		dst, err := CloseFrame(append(dst, make([]byte, tt.size)...), mark, uint64(tt.limit))
		var large *FrameTooLargeError
		switch {
		case tt.fits && (err != nil || len(dst) != len(before)+5+tt.size):
			t.Errorf("%d of %d bytes: %d bytes, %v", tt.size, tt.limit, len(dst), err)
		case !tt.fits && (!errors.As(err, &large) || large.Size != uint64(tt.size) || !bytes.Equal(dst, before)):
			t.Errorf("%d of %d bytes: %x, %v", tt.size, tt.limit, dst, err)
		}
	}
}

// The frames that Tarantool's own encoder and decoder are tested with.
func TestS215FramesOfTarantoolsOwnEncoder(t *testing.T) {
	want := unhex(t, "ce0000000f 82 00 02 01 7b 82 10 cd0200 21 93 010203")
	b, mark := BeginFrame(nil)
	b = append(b, unhex(t, "82 00 02 01 7b")...) // keys in the order of a Lua table, which is not that of net.box
	b = EndFrame(Insert{Space: Ref{ID: 512}, Tuple: []byte{0x93, 1, 2, 3}}.Append(b), mark)
	if !bytes.Equal(b, want) {
		t.Errorf("got %x, want %x", b, want)
	}
	size, n, err := ParseFrameLength(want, 0)
	if err != nil || size != 15 || n != 5 {
		t.Fatalf("%d, %d, %v", size, n, err)
	}
	h, k, err := ParseHeader(want[n:])
	if err != nil || h.Type != TypeInsert || h.Sync != 123 {
		t.Errorf("%+v, %v", h, err)
	}
	insert, _, err := ParseInsert(want[n+k:])
	if err != nil || insert.Space.ID != 512 || !bytes.Equal(insert.Tuple, []byte{0x93, 1, 2, 3}) {
		t.Errorf("%+v, %v", insert, err)
	}

	const unknown = -1 // the prefix itself is cut
	for hex, missing := range map[string]int{"": unknown, "ce": unknown, "ce0000": unknown, "05": 5, "ce0000000581": 4} {
		b := unhex(t, hex)
		size, n, err := ParseFrameLength(b, 0)
		got := n + int(size) - len(b)
		if n == 0 {
			got = unknown
		}
		if err != nil || got != missing {
			t.Errorf("%q: %d bytes are missing, want %d, %v", hex, got, missing, err)
		}
	}
	for _, hex := range []string{"00", "ff", "80", "01c1", "0281c0", "0781c0c081c0c0c0"} {
		b := unhex(t, hex)
		size, n, err := ParseFrameLength(b, 0)
		if err == nil {
			_, _, err = ParseHeader(b[n:][:size])
		}
		if reply := ReplyTo(err); reply == nil || reply.Code != CodeInvalidMsgPack {
			t.Errorf("%s: %v", hex, err)
		}
	}
}
