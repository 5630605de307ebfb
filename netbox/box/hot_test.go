package box

import (
	"testing"

	"github.com/valyala/bytebufferpool"

	"github.com/kharon-net/kharon/codec/iproto"
)

// BenchmarkPacket measures what a packet costs between reading and writing, inline on the loop.
func BenchmarkPacket(b *testing.B) {
	for _, tt := range []struct {
		name   string
		packet []byte
	}{
		{"ping", iproto.AppendPing(nil, 1, 0)[5:]},
		{"call", call(1, "echo", 1)[5:]},
	} {
		b.Run(tt.name, func(b *testing.B) {
			srv, addr := start(b, Config{Mode: Inline})
			dialRaw(b, addr).expectAlive()
			x := srv.open()[0]
			done := make(chan struct{}) // closed by the loop
			b.ReportAllocs()
			err := x.conn.Loop().Post(func() {
				defer close(done)
				x.out = bytebufferpool.Get()
				for range b.N {
					x.packet(tt.packet)
					x.out.B = x.out.B[:0]
				}
				x.out = nil
			})
			if err != nil {
				b.Fatal(err)
			}
			<-done
		})
	}
}
