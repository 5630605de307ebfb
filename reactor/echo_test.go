package reactor_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// start returns a reactor that is closed with the test.
func start(t testing.TB, cfg reactor.Config) *reactor.Reactor {
	t.Helper()
	r, err := reactor.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// listen serves handler on a free port of the loopback.
func listen(t testing.TB, r *reactor.Reactor, handler func(c *reactor.Conn) reactor.Handler) *reactor.Listener {
	t.Helper()
	ln, err := r.Listen("tcp", "127.0.0.1:0", reactor.ListenConfig{}, handler)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// dial connects with the standard library.
func dial(t testing.TB, ln *reactor.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// serveOne returns the server's end and the client's of one connection.
func serveOne(t testing.TB, network string, h func() reactor.Handler) (*reactor.Conn, net.Conn) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	conns := make(chan *reactor.Conn, 1)
	ln, err := start(t, reactor.Config{Loops: 1}).Listen(network, address, reactor.ListenConfig{}, func(c *reactor.Conn) reactor.Handler {
		conns <- c
		return h()
	})
	if err != nil {
		t.Fatal(err)
	}
	client := dial(t, ln)
	return <-conns, client
}

// fileOf returns an open file with these contents.
func fileOf(t testing.TB, contents []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// handler is a Handler made of functions; nil ones do nothing.
type handler struct {
	open  func(c *reactor.Conn)
	data  func(c *reactor.Conn, p []byte) int
	close func(c *reactor.Conn, err error)
}

func (h *handler) OnOpen(c *reactor.Conn) {
	if h.open != nil {
		h.open(c)
	}
}

func (h *handler) OnData(c *reactor.Conn, p []byte) int {
	if h.data != nil {
		return h.data(c, p)
	}
	return len(p)
}

func (h *handler) OnClose(c *reactor.Conn, err error) {
	if h.close != nil {
		h.close(c, err)
	}
}

func echo(*reactor.Conn) reactor.Handler {
	return &handler{data: func(c *reactor.Conn, p []byte) int {
		_, _ = c.Write(p)
		return len(p)
	}}
}

func TestEchoReturnsEveryByte(t *testing.T) {
	for _, size := range []int{1, 100, 64 << 10, 256 << 10, 3 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			ln := listen(t, start(t, reactor.Config{Loops: 2}), echo)
			var wg sync.WaitGroup
			for range 4 {
				c := dial(t, ln)
				sent := random(size)
				wg.Add(2)
				go func() {
					defer wg.Done()
					_, _ = c.Write(sent)
				}()
				go func() {
					defer wg.Done()
					got := make([]byte, size)
					if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
						t.Errorf("echo of %d bytes: err %v, equal %v", size, err, bytes.Equal(got, sent))
					}
				}()
			}
			wg.Wait()
		})
	}
}

// random returns n bytes, the same each time.
func random(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(p)
	return p
}

func TestUnconsumedBytesComeAgain(t *testing.T) {
	// The handler takes lines only; they arrive in pieces of every size.
	lines := make(chan string, 100)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &handler{data: func(_ *reactor.Conn, p []byte) (n int) {
			for {
				i := bytes.IndexByte(p[n:], '\n')
				if i < 0 {
					return n
				}
				lines <- string(p[n : n+i])
				n += i + 1
			}
		}}
	})
	c := dial(t, ln)
	text := "one\ntwo two\nthree three three\n"
	for size := 1; size <= len(text); size++ {
		for i := 0; i < len(text); i += size {
			if _, err := io.WriteString(c, text[i:min(i+size, len(text))]); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"one", "two two", "three three three"} {
			if got := <-lines; got != want {
				t.Fatalf("pieces of %d: got %q, want %q", size, got, want)
			}
		}
	}
}

func TestExpectWaitsForTheWholeFrame(t *testing.T) {
	const size = 5 << 20
	frame := random(size)
	calls, done := 0, make(chan []byte, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &handler{data: func(c *reactor.Conn, p []byte) int {
			calls++
			if len(p) < size {
				c.Expect(size)
				return 0
			}
			done <- bytes.Clone(p)
			return len(p)
		}}
	})
	if _, err := dial(t, ln).Write(frame); err != nil {
		t.Fatal(err)
	}
	if got := <-done; !bytes.Equal(got, frame) {
		t.Error("the frame came changed")
	}
	if calls != 2 {
		t.Errorf("OnData was called %d times, want 2", calls)
	}
}

func TestDialTalksToListen(t *testing.T) {
	r := start(t, reactor.Config{Loops: 2})
	ln := listen(t, r, echo)
	got := make(chan string, 1)
	c, err := r.Dial(context.Background(), "tcp", ln.Addr().String(), &handler{
		open: func(c *reactor.Conn) { _, _ = c.Write([]byte("hello")) },
		data: func(_ *reactor.Conn, p []byte) int {
			if len(p) < 5 {
				return 0
			}
			got <- string(p)
			return len(p)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "hello" {
		t.Errorf("got %q", s)
	}
	_ = c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
