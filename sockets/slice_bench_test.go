package sockets

import (
	"bufio"
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkLines reads lines that a peer sends without end: with what a Socket
// has for it, and with a bufio.Reader on the same Socket, of its usual size and
// of the size that the buffer of a Socket grows to.
func BenchmarkLines(b *testing.B) {
	readers := []struct {
		name string
		read func(s *Socket) func() error
	}{
		{"ReadSlice", func(s *Socket) func() error {
			return func() error { _, err := s.ReadSlice(Forever, "\n"); return err }
		}},
		{"ReadUntil", func(s *Socket) func() error {
			return func() error { _, err := s.ReadUntil(Forever, "\n"); return err }
		}},
		{"bufio.ReadSlice/4KiB", func(s *Socket) func() error { return bufioLines(bufio.NewReader(s)) }},
		{"bufio.ReadSlice/64KiB", func(s *Socket) func() error { return bufioLines(bufio.NewReaderSize(s, maxRead)) }},
		{"bufio.ReadBytes/64KiB", func(s *Socket) func() error {
			r := bufio.NewReaderSize(s, maxRead)
			return func() error { _, err := r.ReadBytes('\n'); return err }
		}},
	}
	for _, size := range []int{64, 256, 1024} {
		for _, r := range readers {
			b.Run(fmt.Sprintf("%d/%s", size, r.name), func(b *testing.B) {
				_, s := pairSending(b, append(bytes.Repeat([]byte("x"), size-1), '\n'))
				read := r.read(s)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := read(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func bufioLines(r *bufio.Reader) func() error {
	return func() error { _, err := r.ReadSlice('\n'); return err }
}

// pairSending returns a connection on which c sends a line without end.
func pairSending(b *testing.B, line []byte) (c, s *Socket) {
	b.Helper()
	c, s = pair(b)
	data := bytes.Repeat(line, 64<<10/len(line))
	go func() {
		for {
			if _, err := c.Write(data); err != nil {
				return // closed at the end
			}
		}
	}()
	return c, s
}
