package box

import (
	"testing"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
)

// onLoop runs f on the loop of a session that has connected.
func onLoop(t testing.TB, f func(x *session)) {
	t.Helper()
	srv, addr := start(t, Config{Mode: Inline})
	dialRaw(t, addr).expectAlive()
	x := srv.open()[0]
	done := make(chan struct{}) // closed by the loop
	err := x.conn.Loop().Post(func() {
		defer close(done)
		x.out = bytebufferpool.Get()
		f(x)
		x.out = nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-done
}

// packets are those whose cost is watched.
var packets = []struct {
	name   string
	packet []byte
}{
	{"ping", iproto.AppendPing(nil, 1, 0)[5:]},
	{"call", call(1, "echo", 1, 2, 3)[5:]},
	{"unwatch", iproto.AppendUnwatch(nil, "no such key")[5:]},
}

func TestPacketsAnsweredInlineDoNotAllocate(t *testing.T) {
	for _, tt := range packets {
		t.Run(tt.name, func(t *testing.T) {
			onLoop(t, func(x *session) {
				n := testing.AllocsPerRun(1000, func() {
					x.packet(tt.packet)
					x.out.B = x.out.B[:0]
				})
				if n != 0 {
					t.Errorf("%v allocations", n)
				}
			})
		})
	}
}

// BenchmarkPacket measures what a packet costs between reading and writing, inline on the loop.
func BenchmarkPacket(b *testing.B) {
	for _, tt := range packets {
		b.Run(tt.name, func(b *testing.B) {
			onLoop(b, func(x *session) {
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					x.packet(tt.packet)
					x.out.B = x.out.B[:0]
				}
				b.StopTimer()
			})
		})
	}
}
