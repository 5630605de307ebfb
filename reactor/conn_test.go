package reactor_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestPausedInputWaitsAndComes(t *testing.T) {
	var got atomic.Int64
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &handler{
			data: func(c *reactor.Conn, p []byte) int {
				// Takes a little and pauses: the rest must come again.
				n := min(len(p), 1000)
				got.Add(int64(n))
				c.PauseRead()
				_ = c.Loop().Post(c.ResumeRead)
				return n
			},
		}
	})
	client := dial(t, ln)
	const size = 1 << 20
	if _, err := client.Write(random(size)); err != nil {
		t.Fatal(err)
	}
	reactortest.Eventually(t, func() bool { return got.Load() == size }, "all bytes to be consumed")
}

func TestUnconsumedInputIsNotCopiedForEveryRead(t *testing.T) {
	const size = 8 << 20
	var moves, got atomic.Int64
	var at *byte
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &handler{data: func(_ *reactor.Conn, p []byte) int {
			if &p[0] != at {
				at = &p[0]
				moves.Add(1)
			}
			got.Store(int64(len(p)))
			return 0
		}}
	})
	if _, err := dial(t, ln).Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	reactortest.Eventually(t, func() bool { return got.Load() == size }, "all bytes to be offered")
	if n := moves.Load(); n > 20 {
		t.Errorf("8 MiB were moved %d times on their way in, want once for each doubling", n)
	}
}

func TestUnconsumedInputIsBounded(t *testing.T) {
	const limit = 1 << 20
	for name, c := range map[string]struct {
		data func(c *reactor.Conn, p []byte) int
		send int
		want error
	}{
		"nothing is consumed":      {func(*reactor.Conn, []byte) int { return 0 }, 2 * limit, reactor.ErrUnconsumed},
		"all is consumed":          {func(_ *reactor.Conn, p []byte) int { return len(p) }, 4 * limit, io.EOF},
		"just as much is left":     {func(*reactor.Conn, []byte) int { return 0 }, limit, io.EOF},
		"more was asked for":       {expecting(3 * limit), 3 * limit, io.EOF},
		"less than is there asked": {func(c *reactor.Conn, _ []byte) int { c.Expect(10); return 0 }, 2 * limit, reactor.ErrUnconsumed},
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan error, 1)
			ln := listen(t, start(t, reactor.Config{Loops: 1, MaxUnconsumed: limit}), func(*reactor.Conn) reactor.Handler {
				return &handler{data: c.data, close: func(_ *reactor.Conn, err error) { closed <- err }}
			})
			client := dial(t, ln).(*net.TCPConn)
			_, _ = client.Write(make([]byte, c.send)) // it may be cut off
			_ = client.CloseWrite()
			if err := <-closed; !errors.Is(err, c.want) {
				t.Errorf("OnClose got %v, want %v", err, c.want)
			}
		})
	}
}

// expecting consumes n bytes at once and says that it waits for them.
func expecting(n int) func(c *reactor.Conn, p []byte) int {
	return func(c *reactor.Conn, p []byte) int {
		if len(p) < n {
			c.Expect(n)
			return 0
		}
		return len(p)
	}
}

func TestFlushTimeoutEndsAClosedConnection(t *testing.T) {
	closed := make(chan error, 1)
	r := start(t, reactor.Config{Loops: 1, FlushTimeout: 50 * time.Millisecond})
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{
			open: func(c *reactor.Conn) {
				_, _ = c.Write(make([]byte, 64<<20))
				_ = c.Close()
			},
			close: func(_ *reactor.Conn, err error) { closed <- err },
		}
	})
	dial(t, ln) // and never reads
	if err := <-closed; !errors.Is(err, reactor.ErrFlushTimeout) {
		t.Errorf("OnClose got %v", err)
	}
}

func TestCloseWriteEndsAfterTheOutput(t *testing.T) {
	const size = 4 << 20
	got := make(chan string, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &handler{
			open: func(c *reactor.Conn) {
				_, _ = c.Write(make([]byte, size))
				if err := c.CloseWrite(); err != nil {
					t.Error(err)
				}
			},
			data: func(_ *reactor.Conn, p []byte) int {
				got <- string(p)
				return len(p)
			},
		}
	})
	c := dial(t, ln)
	if n, err := io.Copy(io.Discard, c); n != size || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
	_, _ = c.Write([]byte("still reading"))
	if s := <-got; s != "still reading" {
		t.Errorf("got %q", s)
	}
}

// TestWritersFromEverywhere has many goroutines write numbered records by all
// the ways there are, to a peer that reads in fits and starts, and checks that
// none is lost, doubled, torn or out of its writer's order.
func TestWritersFromEverywhere(t *testing.T) {
	const writers, records = 8, 4000
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			opened := make(chan *reactor.Conn, 1)
			r := start(t, reactor.Config{Loops: 1})
			address := "127.0.0.1:0"
			if network == "unix" {
				address = filepath.Join(t.TempDir(), "s")
			}
			ln, err := r.Listen(network, address, reactor.ListenConfig{}, func(*reactor.Conn) reactor.Handler {
				return &handler{open: func(c *reactor.Conn) { opened <- c }}
			})
			if err != nil {
				t.Fatal(err)
			}
			client := dial(t, ln)
			conn := <-opened
			var wg sync.WaitGroup
			for w := range writers {
				f := fileOf(t, allRecords(byte(w), records))
				wg.Go(func() { writeRecords(t, conn, f, byte(w), records) })
			}
			go func() {
				wg.Wait()
				_ = conn.Close()
			}()
			readRecords(t, client, writers, records)
		})
	}
}

// A record is its length, its writer, its number and filling.
func record(writer byte, i int) []byte {
	p := make([]byte, 9+(i*37)%2000)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	p[4] = writer
	binary.BigEndian.PutUint32(p[5:], uint32(i))
	for k := 9; k < len(p); k++ {
		p[k] = writer
	}
	return p
}

func allRecords(writer byte, n int) (all []byte) {
	for i := range n {
		all = append(all, record(writer, i)...)
	}
	return all
}

// writeRecords writes n records, of which f has copies.
func writeRecords(t *testing.T, c *reactor.Conn, f *os.File, writer byte, n int) {
	at := int64(0)
	for i := range n {
		p := record(writer, i)
		var err error
		switch way := (i + int(writer)) % 5; {
		case i%64 == 0: // not too many, since each holds a descriptor
			err = c.WriteFile(f, at, int64(len(p)))
		case way == 0:
			_, err = c.Write(p)
		case way == 1:
			err = c.WriteNow(p)
		case way == 2:
			_, err = c.Writev(p[:5], p[5:7], p[7:])
		case way == 3:
			err = c.Append(func(dst []byte) []byte { return append(dst, p...) })
		default:
			_, err = c.Write(p)
			c.Flush()
		}
		at += int64(len(p))
		if err != nil {
			t.Error(err)
			return
		}
	}
}

func readRecords(t *testing.T, r io.Reader, writers, records int) {
	t.Helper()
	next := make([]int, writers)
	var head [4]byte
	for range writers * records {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, binary.BigEndian.Uint32(head[:]))
		copy(p, head[:])
		if _, err := io.ReadFull(r, p[4:]); err != nil {
			t.Fatal(err)
		}
		w := p[4]
		if want := record(w, next[w]); !bytes.Equal(p, want) {
			t.Fatalf("writer %d, record %d: got %d bytes %x…", w, next[w], len(p), p[:9])
		}
		next[w]++
	}
	if n, err := r.Read(head[:]); err != io.EOF {
		t.Errorf("after the last record: %d bytes, %v", n, err)
	}
}

func TestQueuedAndSentAddUp(t *testing.T) {
	opened := make(chan *reactor.Conn, 1)
	drained := make(chan bool, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(*reactor.Conn) reactor.Handler {
		return &drainTeller{handler{open: func(c *reactor.Conn) { opened <- c }}, drained}
	})
	client := dial(t, ln)
	conn := <-opened
	const size = 40 << 20
	_, _ = conn.Write(make([]byte, size))
	conn.Flush()
	// While the loop writes, what it writes counts as both.
	reactortest.Eventually(t, func() bool { return conn.Queued()+int(conn.Sent()) == size },
		"queued and sent bytes to add up")
	_, _ = io.CopyN(io.Discard, client, size)
	<-drained
	if q, s := conn.Queued(), conn.Sent(); q != 0 || s != size {
		t.Errorf("afterwards queued is %d and sent %d", q, s)
	}
}

type drainTeller struct {
	handler
	drained chan bool
}

func (d *drainTeller) OnDrain(*reactor.Conn) { d.drained <- true }

func TestHandlersMayCloseEachOther(t *testing.T) {
	// Many connections on one loop; each, on its first byte, closes the next
	// one and opens new descriptors, so that numbers are used again while
	// events for the old ones are still in the batch.
	const n = 100
	r := start(t, reactor.Config{Loops: 1})
	var conns []*reactor.Conn
	var closed, wrong atomic.Int64
	ln := listen(t, r, func(c *reactor.Conn) reactor.Handler {
		alive := true
		return &handler{
			open: func(c *reactor.Conn) { conns = append(conns, c) },
			data: func(c *reactor.Conn, p []byte) int {
				if !alive || fmt.Sprint(c.RemoteAddr()) != string(p[1:]) {
					wrong.Add(1)
				}
				for i, x := range conns {
					if x == c {
						conns[(i+1)%len(conns)].Abort(io.ErrClosedPipe)
					}
				}
				return len(p)
			},
			close: func(*reactor.Conn, error) { alive = false; closed.Add(1) },
		}
	})
	for range 5 {
		clients := make([]net.Conn, n)
		for i := range clients {
			clients[i] = dial(t, ln)
		}
		for _, c := range clients {
			_, _ = c.Write([]byte("!" + c.LocalAddr().String()))
		}
		for _, c := range clients {
			_ = c.Close()
		}
	}
	reactortest.Eventually(t, func() bool { return closed.Load() == 5*n }, "all connections to close")
	if wrong.Load() > 0 {
		t.Errorf("%d events reached the wrong connection", wrong.Load())
	}
	if got := r.Conns(); got != 0 {
		t.Errorf("%d connections are counted open", got)
	}
}
