package box

import (
	"context"
	"testing"

	"github.com/kharon-net/kharon/netbox"
)

// BenchmarkCallsOverTLS measures pipelined calls over TLS, and without it.
func BenchmarkCallsOverTLS(b *testing.B) {
	srv, addr, config := startTLS(b, Config{Mode: Inline}, ListenOptions{})
	plain, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	for _, tt := range []struct {
		name, addr string
		o          netbox.Options
	}{
		{"plain", plain.String(), netbox.Options{}},
		{"TLS", addr, netbox.Options{TLS: config}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			c := connectTLS(b, tt.addr, tt.o)
			var window [512]*netbox.Future
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				slot := &window[i%len(window)]
				if *slot != nil {
					if _, err := (*slot).Wait(context.Background()); err != nil {
						b.Fatal(err)
					}
				}
				*slot = c.Send(netbox.Call("echo", i&127))
			}
		})
	}
}
