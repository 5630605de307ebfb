package sockets

import (
	"bytes"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

var writeCases = []struct {
	name string
	run  func(t *testing.T, c, s *Socket)
}{
	{"C063 nothing is written at once", func(t *testing.T, c, _ *Socket) {
		if n, err := c.WriteTimeout(nil, NoWait); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}},
	{"C064 writing to who has closed fails", func(t *testing.T, c, s *Socket) {
		_ = s.Close()
		var err error
		for err == nil {
			_, err = c.WriteTimeout([]byte("x"), soon)
		}
		if !isAny(err, syscall.EPIPE, syscall.ECONNRESET) {
			t.Error(err)
		}
	}},
	{"C065 writing after ShutWrite fails", func(t *testing.T, c, _ *Socket) {
		if err := c.Shutdown(ShutWrite); err != nil {
			t.Fatal(err)
		}
		_, err := c.Write([]byte("x"))
		wantIs(t, err, syscall.EPIPE)
	}},
	{"C066 a timeout tells how much has gone", func(t *testing.T, c, s *Socket) {
		data := bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
		n, err := c.WriteTimeout(data, 100*time.Millisecond)
		wantTimeout(t, err)
		if n <= 0 || n >= len(data) {
			t.Fatalf("wrote %d", n)
		}
		_ = c.CloseWrite()
		got, err := io.ReadAll(s)
		if err != nil || !bytes.Equal(got, data[:n]) {
			t.Errorf("%d bytes came of the %d written, %v", len(got), n, err)
		}
	}},
	{"C069 a long write goes out whole", func(t *testing.T, c, s *Socket) {
		data := bytes.Repeat([]byte("x"), 8<<20)
		got := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, s)
			got <- n
		}()
		n, err := c.Write(data)
		if n != len(data) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
		_ = c.CloseWrite()
		if m := <-got; m != int64(n) {
			t.Errorf("%d bytes came of %d", m, n)
		}
	}},
	{"C139 a half-closed peer gets its answer", func(t *testing.T, c, s *Socket) {
		send(t, c, "request")
		_ = c.CloseWrite()
		wantBytes(t, "request", io.ErrUnexpectedEOF)(s.ReadN(100, soon))
		send(t, s, "reply")
		wantBytes(t, "reply", nil)(c.ReadN(5, soon))
	}},
	{"C085 ShutRead ends a read that waits", func(t *testing.T, _, s *Socket) {
		_, err := during(t, s, func() { _ = s.Shutdown(ShutRead) })
		if err != io.EOF { //nolint:errorlint // comes bare
			t.Errorf("error is %v, want io.EOF", err)
		}
	}},
	{"C083 Close ends a read that waits", func(t *testing.T, _, s *Socket) {
		_, err := during(t, s, func() { _ = s.Close() })
		wantIs(t, err, net.ErrClosed)
	}},
	{"C154 closing twice", func(t *testing.T, c, _ *Socket) {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		wantIs(t, c.Close(), net.ErrClosed)
		_, err := c.ReadN(1, NoWait)
		wantIs(t, err, net.ErrClosed)
		_, err = c.Write([]byte("x"))
		wantIs(t, err, net.ErrClosed)
		wantIs(t, c.CloseWrite(), net.ErrClosed)
		wantIs(t, c.SetDeadline(time.Time{}), net.ErrClosed)
		if _, err := c.Name(); err == nil || c.FD() != -1 {
			t.Errorf("a closed socket has the name %v and the descriptor %d", err, c.FD())
		}
	}},
	{"an unknown end is refused", func(t *testing.T, c, _ *Socket) {
		for _, how := range []How{-1, 3} {
			wantIs(t, c.Shutdown(how), ErrInvalid)
		}
		wantIs(t, c.SetLinger(true, -1), ErrInvalid)
	}},
}

func TestWriting(t *testing.T) {
	for _, tc := range writeCases {
		t.Run(tc.name, func(t *testing.T) {
			c, s := pair(t)
			tc.run(t, c, s)
		})
	}
}

// during calls f while a read of s waits and returns what the read brings.
func during(t testing.TB, s *Socket, f func()) ([]byte, error) {
	t.Helper()
	type result struct {
		got []byte
		err error
	}
	done := make(chan result)
	go func() {
		got, err := s.ReadN(5, soon)
		done <- result{got, err}
	}()
	until(t, "the read waits", func() bool { return s.reads.count.Load() > 0 })
	f()
	r := <-done
	return r.got, r.err
}

// until waits for a condition.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !f(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

func TestWritesAreNotMixed(t *testing.T) {
	const size, rounds = 1 << 20, 4
	c, s := pair(t)
	var wg sync.WaitGroup
	for _, letter := range []string{"a", "b"} {
		wg.Go(func() {
			for range rounds {
				if _, err := c.Write(bytes.Repeat([]byte(letter), size)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 * rounds {
		got, err := s.ReadN(size, soon)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(got, got[:1]); n != size {
			t.Fatalf("%d bytes of another call among them", size-n)
		}
	}
	wg.Wait()
}

func TestReadsAreNotMixed(t *testing.T) {
	const lines = 2000
	c, s := pair(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	for range 2 {
		wg.Go(func() {
			for {
				line, err := s.ReadUntil(soon, "\n")
				if err != nil {
					return
				}
				mu.Lock()
				count[string(line)]++
				mu.Unlock()
			}
		})
	}
	for i := range lines {
		send(t, c, []string{"first line\n", "2\n"}[i%2])
	}
	_ = c.CloseWrite()
	wg.Wait()
	if len(count) != 2 || count["first line\n"] != lines/2 || count["2\n"] != lines/2 {
		t.Errorf("lines came mixed: %v", count)
	}
}

func TestWaitingForTheTurnCountsAgainstTheTimeout(t *testing.T) {
	_, s := pair(t)
	_, err := during(t, s, func() {
		_, err := s.ReadN(1, short)
		wantTimeout(t, err)
		_, err = s.ReadN(1, NoWait)
		wantTimeout(t, err)
		_ = s.Close()
	})
	wantIs(t, err, net.ErrClosed)
}

func TestCloseWakesAll(t *testing.T) {
	c, s := pair(t)
	const each = 8
	errs := make(chan error, 2*each+2)
	big := make([]byte, 64<<20)
	for range each {
		go func() { _, err := s.ReadUntil(Forever, "\n"); errs <- err }()
		go func() { _, err := s.Write(big); errs <- err }()
	}
	until(t, "all wait", func() bool { return s.reads.count.Load() == each && s.writes.count.Load() == each })
	for range 2 {
		go func() { errs <- s.Close() }()
	}
	failed := 0
	for range 2*each + 2 {
		if err := <-errs; err != nil {
			failed++
			wantIs(t, err, net.ErrClosed)
		}
	}
	if failed != 2*each+1 {
		t.Errorf("%d of %d calls failed, want all but one Close", failed, 2*each+2)
	}
	_ = c
}
