package reactor_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// BenchmarkEcho is a message and its way back, with what a connection may be
// asked to look after.
func BenchmarkEcho(b *testing.B) {
	back := func(c *reactor.Conn, p []byte) int {
		_ = c.WriteNow(p)
		return len(p)
	}
	for name, open := range map[string]func(c *reactor.Conn){
		"plain":                func(*reactor.Conn) {},
		"with an idle timeout": func(c *reactor.Conn) { c.SetIdleTimeout(time.Minute) },
		"with watermarks":      func(c *reactor.Conn) { c.SetWatermarks(1<<10, 1<<20); c.SetReadWatermarks(1<<10, 1<<20) },
	} {
		b.Run(name, func(b *testing.B) {
			_, client := serveOne(b, "tcp", func() reactor.Handler { return &handler{open: open, data: back} })
			p := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = client.Write(p)
				if _, err := io.ReadFull(client, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFile sends a file of 16 MiB, with sendfile(2) where the system has
// it, and by the hands of the program.
func BenchmarkFile(b *testing.B) {
	f := fileOf(b, bytes.Repeat([]byte("0123456789abcdef"), 1<<20))
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	for name, send := range map[string]func(c *reactor.Conn) error{
		"WriteFile": func(c *reactor.Conn) error { return c.WriteFile(f, 0, -1) },
		"Write": func(c *reactor.Conn) error {
			_, err := io.Copy(struct{ io.Writer }{c}, io.NewSectionReader(f, 0, info.Size()))
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			conn, client := serveOne(b, "tcp", func() reactor.Handler { return &handler{} })
			b.SetBytes(info.Size())
			b.ReportAllocs()
			buf := make([]byte, 1<<20)
			for b.Loop() {
				if err := send(conn); err != nil {
					b.Fatal(err)
				}
				for left := info.Size(); left > 0; {
					n, err := client.Read(buf)
					if left -= int64(n); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
