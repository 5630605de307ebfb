//go:build unix

package reactor_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/kharon-net/kharon/reactor"
)

// closing is a connection that is about to end.
type closing struct {
	r      *reactor.Reactor
	c      *reactor.Conn
	client *net.TCPConn
	file   *os.File // of 1 MiB
}

// onLoop runs f on the connection's loop.
func (x closing) onLoop(f func()) { <-onLoop(x.c, f) }

// closeReasons are the ways a connection ends and what OnClose gets, which
// tells them apart.
var closeReasons = map[string]struct {
	do   func(x closing)
	want error
}{
	"Close":           {func(x closing) { _ = x.c.Close() }, nil},
	"CloseWith":       {func(x closing) { _ = x.c.CloseWith(errTest) }, errTest},
	"Abort":           {func(x closing) { x.c.Abort(errAbort) }, errAbort},
	"Abort, then nil": {func(x closing) { x.c.Abort(errAbort); _ = x.c.Close() }, errAbort},
	"peer close":      {func(x closing) { _ = x.client.Close() }, io.EOF},
	"peer half-close": {func(x closing) { _ = x.client.CloseWrite() }, io.EOF},
	"peer reset":      {func(x closing) { _ = x.client.SetLinger(0); _ = x.client.Close() }, syscall.ECONNRESET},
	"idle":            {func(x closing) { x.onLoop(func() { x.c.SetIdleTimeout(time.Millisecond) }) }, reactor.ErrIdleTimeout},
	"read deadline":   {func(x closing) { x.onLoop(func() { x.c.SetReadDeadline(time.Now()) }) }, reactor.ErrReadTimeout},
	"write deadline": {func(x closing) {
		_, _ = x.c.Write(make([]byte, 32<<20))
		x.onLoop(func() { x.c.SetWriteDeadline(time.Now()) })
	}, reactor.ErrWriteTimeout},
	"flush timeout": {func(x closing) {
		_, _ = x.c.Write(make([]byte, 32<<20))
		_ = x.c.Close()
	}, reactor.ErrFlushTimeout},
	"shutdown":         {func(x closing) { _ = x.r.Shutdown(context.Background()) }, reactor.ErrStopped},
	"reactor's Close":  {func(x closing) { _ = x.r.Close() }, reactor.ErrStopped},
	"handler's panic":  {func(x closing) { _, _ = x.client.Write([]byte("panic")) }, errPanic},
	"input left":       {func(x closing) { _, _ = x.client.Write(make([]byte, 100)) }, reactor.ErrUnconsumed},
	"a file too short": {func(x closing) { x.shorten() }, io.ErrUnexpectedEOF},
}

var (
	errAbort = errors.New("aborted")
	errPanic = errors.New("what the handler panics with")
)

// shorten queues a file and then takes its contents away.
func (x closing) shorten() {
	_, _ = x.c.Write(make([]byte, 32<<20)) // the file has to wait
	_ = x.c.WriteFile(x.file, 0, -1)
	_ = os.Truncate(x.file.Name(), 0)
	_, _ = io.Copy(io.Discard, x.client)
}

func TestCloseReasons(t *testing.T) {
	for name, reason := range closeReasons {
		t.Run(name, func(t *testing.T) {
			err := ending(t, reason.do)
			if !errors.Is(err, reason.want) {
				t.Errorf("OnClose got %v, want %v", err, reason.want)
			}
			for other, r := range closeReasons {
				if r.want != reason.want && r.want != nil && errors.Is(err, r.want) { //nolint:errorlint // identities
					t.Errorf("OnClose got %v, which is also that of %s", err, other)
				}
			}
		})
	}
}

// ending makes a connection, has it end and returns what OnClose got.
func ending(t *testing.T, do func(x closing)) error {
	t.Helper()
	opened, ended := make(chan *reactor.Conn, 1), make(chan error, 2)
	r := start(t, reactor.Config{Loops: 1, MaxUnconsumed: 50, FlushTimeout: 50 * time.Millisecond})
	ln := listen(t, r, func(*reactor.Conn) reactor.Handler {
		return &handler{
			open: func(c *reactor.Conn) { opened <- c },
			data: func(_ *reactor.Conn, p []byte) int {
				if string(p) == "panic" {
					panic(errPanic)
				}
				return 0
			},
			close: func(_ *reactor.Conn, err error) { ended <- err },
		}
	})
	client := dial(t, ln).(*net.TCPConn)
	c := <-opened
	do(closing{r, c, client, fileOf(t, make([]byte, 1<<20))})
	err := <-ended
	refusesWrites(t, c)
	_ = r.Close()
	if len(ended) > 0 {
		t.Errorf("OnClose was called again with %v", <-ended)
	}
	return err
}

func TestConnectionWithoutAHandlerTakesNothing(t *testing.T) {
	conns := make(chan *reactor.Conn, 1)
	ln := listen(t, start(t, reactor.Config{Loops: 1}), func(c *reactor.Conn) reactor.Handler {
		_, _ = c.Write([]byte("never sent"))
		conns <- c
		panic("no handler")
	})
	if p, err := io.ReadAll(dial(t, ln)); len(p) > 0 {
		t.Errorf("%q, %v", p, err)
	}
	refusesWrites(t, <-conns)
}
