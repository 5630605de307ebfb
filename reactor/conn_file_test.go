//go:build unix

package reactor_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"

	"github.com/kharon-net/kharon/reactor"
	"github.com/kharon-net/kharon/reactor/reactortest"
)

func TestFilesKeepTheirPlaceInTheOutput(t *testing.T) {
	big := random(24 << 20) // more than a socket takes
	for _, network := range []string{"tcp", "unix"} {
		for _, flush := range []bool{false, true} {
			t.Run(network, func(t *testing.T) {
				conn, client := serveOne(t, network, func() reactor.Handler { return &handler{} })
				f := fileOf(t, big)
				go func() {
					_, _ = conn.Write([]byte("head "))
					for _, part := range [][2]int64{{0, -1}, {5, 0}, {1 << 20, 3}, {int64(len(big)) - 7, -1}} {
						if err := conn.WriteFile(f, part[0], part[1]); err != nil {
							t.Error(err)
						}
						_ = conn.WriteNow([]byte(" then "))
						if flush {
							conn.Flush()
						}
					}
					_ = f.Close() // a descriptor of its own is on its way
					_, _ = conn.Write([]byte("tail"))
					_ = conn.Close()
				}()
				want := bytes.Join([][]byte{[]byte("head "), big, []byte(" then "), []byte(" then "),
					big[1<<20 : 1<<20+3], []byte(" then "), big[len(big)-7:], []byte(" then tail")}, nil)
				if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, want) {
					t.Errorf("got %d bytes, want %d, equal %v, err %v", len(got), len(want), bytes.Equal(got, want), err)
				}
			})
		}
	}
}

func TestFilesAreRefused(t *testing.T) {
	conn, client := serveOne(t, "tcp", func() reactor.Handler { return &handler{} })
	f := fileOf(t, []byte("0123456789"))
	closed := fileOf(t, nil)
	_ = closed.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for name, c := range map[string]struct {
		f              *os.File
		offset, length int64
		want           error
	}{
		"a closed file":        {closed, 0, -1, os.ErrClosed},
		"a pipe":               {r, 0, 5, os.ErrInvalid},
		"a negative offset":    {f, -1, 5, os.ErrInvalid},
		"more than there is":   {f, 3, 8, io.ErrUnexpectedEOF},
		"beyond the end":       {f, 20, 1, io.ErrUnexpectedEOF},
		"all from the end on":  {f, 10, -1, nil},
		"all beyond the end":   {f, 20, -1, nil},
		"nothing in the midst": {f, 5, 0, nil},
	} {
		if err := conn.WriteFile(c.f, c.offset, c.length); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	var short *reactor.ShortFileError
	if err := conn.WriteFile(f, 3, 8); !errors.As(err, &short) || short.Offset != 10 || short.Missing != 1 || short.Name != f.Name() {
		t.Errorf("more than there is: %+v", short)
	}
	_ = conn.Close()
	if got, err := io.ReadAll(client); err != nil || len(got) > 0 {
		t.Errorf("of what was refused %q arrived, %v", got, err)
	}
	if err := conn.WriteFile(f, 0, -1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestFileThatGetsShorterEndsTheConnection(t *testing.T) {
	ended := make(chan error, 1)
	conn, client := serveOne(t, "tcp", func() reactor.Handler {
		return &handler{close: func(_ *reactor.Conn, err error) { ended <- err }}
	})
	const size, left = 64 << 20, 32 << 20
	f := fileOf(t, make([]byte, size))
	if err := conn.WriteFile(f, 0, -1); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(f.Name(), left); err != nil { // the peer has not read: most is still there
		t.Fatal(err)
	}
	n, _ := io.Copy(io.Discard, client)
	var short *reactor.ShortFileError
	if err := <-ended; !errors.As(err, &short) || short.Offset != left || short.Missing != size-left {
		t.Errorf("OnClose got %v", err)
	}
	if n > left {
		t.Errorf("%d bytes came of the %d there were", n, left)
	}
}

func TestFilesOfAnAbortedConnectionAreClosed(t *testing.T) {
	ended := make(chan error, 1)
	conn, _ := serveOne(t, "tcp", func() reactor.Handler {
		return &handler{close: func(_ *reactor.Conn, err error) { ended <- err }}
	})
	f := fileOf(t, make([]byte, 32<<20))
	for range 10 {
		if err := conn.WriteFile(f, 0, -1); err != nil {
			t.Fatal(err)
		}
	}
	reactortest.Eventually(t, func() bool { return conn.Sent() > 0 && conn.Queued()+int(conn.Sent()) == 320<<20 },
		"queued and sent bytes to add up")
	conn.Abort(errTest)
	if err := <-ended; !errors.Is(err, errTest) { // TestMain finds descriptors that are left
		t.Errorf("OnClose got %v", err)
	}
}

var errTest = errors.New("boom")
